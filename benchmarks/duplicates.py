"""Measure the twin scorer, and fit its table of weights anew.

    python benchmarks/duplicates.py            measure (about a minute)
    python benchmarks/duplicates.py --fit      print a table of weights and a threshold fitted on both sets

Needs nothing beside the program itself. The two sets lie in `tests/data/dedup`; `--data` names another folder, whose `*.csv` files
(columns `id, text, category, estate, building, unit, reported_on, cluster`) are then measured instead.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

from rapidfuzz import fuzz

from zhubao_tui.duplicates import LIKELY, Report, TwinIndex, groups, score
from zhubao_tui.duplicates.features import features
from zhubao_tui.duplicates.score import WEIGHTS

DATA = Path(__file__).parents[1] / "tests" / "data" / "dedup"
FOLDS = 5
SEEDS = (0, 1)
L2 = 1.0
MASS = 350.0
"""Weight of all true pairs of one set together, so that both sets count alike."""
FAR = -6.0
"""A pair that a first fit gives so small a logit adds nothing to the second."""
Row = tuple[float, ...]


@dataclass(frozen=True)
class Labelled:
    """One set: reports with their clusters, and every pair of them."""

    name: str
    reports: list[Report]
    clusters: list[str]
    pairs: list[tuple[int, int]]
    rows: list[Row]
    truth: list[bool]


def read(path: Path) -> Labelled:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        table = list(csv.DictReader(lines))
    reports = [
        Report(r["id"], r["text"], r["category"], r["estate"], r["building"], r["unit"], _day(r["reported_on"]))
        for r in table
    ]
    clusters = [row["cluster"] for row in table]
    pairs = list(combinations(range(len(reports)), 2))
    return Labelled(
        path.stem, reports, clusters, pairs,
        [_row(reports[i], reports[j]) for i, j in pairs], [clusters[i] == clusters[j] for i, j in pairs],
    )  # fmt: skip


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _row(one: Report, other: Report) -> Row:
    found = features(one.read, other.read, one.on, other.on)
    return tuple(found[name] for name in WEIGHTS)


# -- fitting: logistic regression with an L2 penalty, by Newton's method


def fit(parts: Sequence[tuple[Sequence[Row], Sequence[bool]]]) -> list[float]:
    """Weights over the rows of several sets; of each set the true pairs weigh `MASS` together."""
    examples = [
        (row, float(true), MASS / sum(truth)) for rows, truth in parts for row, true in zip(rows, truth, strict=True)
    ]
    first = newton([example for n, example in enumerate(examples) if example[1] or n % 20 == 0])
    return newton([example for example in examples if example[1] or _logit(first, example[0]) > FAR], first)


def newton(examples: Iterable[tuple[Row, float, float]], start: Sequence[float] = ()) -> list[float]:
    sparse = [([(n, value) for n, value in enumerate(row) if value], true, weight) for row, true, weight in examples]
    size = len(WEIGHTS)
    weights = list(start) or [0.0] * size
    penalty = [1e-6 if name == "bias" else L2 for name in WEIGHTS]
    for _round in range(30):
        gradient = [penalty[n] * weights[n] for n in range(size)]
        hessian = [[penalty[n] if n == m else 0.0 for m in range(size)] for n in range(size)]
        for row, true, weight in sparse:
            p = _sigmoid(sum(weights[n] * value for n, value in row))
            slope, curve = weight * (p - true), weight * p * (1 - p)
            for n, value in row:
                gradient[n] += slope * value
                line, scaled = hessian[n], curve * value
                for m, other in row:
                    line[m] += scaled * other
        step = _solve(hessian, gradient)
        weights = [weight - change for weight, change in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-4:
            break
    return weights


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for n in range(size):
        pivot = max(range(n, size), key=lambda row: abs(rows[row][n]))
        rows[n], rows[pivot] = rows[pivot], rows[n]
        for m in range(n + 1, size):
            factor = rows[m][n] / rows[n][n]
            if factor:
                rows[m] = [a - factor * b for a, b in zip(rows[m], rows[n], strict=True)]
    result = [0.0] * size
    for n in reversed(range(size)):
        result[n] = (rows[n][size] - sum(rows[n][m] * result[m] for m in range(n + 1, size))) / rows[n][n]
    return result


def _logit(weights: Sequence[float], row: Row) -> float:
    return sum(weight * value for weight, value in zip(weights, row, strict=True))


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def threshold(parts: Sequence[tuple[Sequence[float], Sequence[bool]]]) -> float:
    """One threshold for several sets: where the sum of their F1 is highest."""
    steps = [step / 100 for step in range(10, 90)]
    return max(steps, key=lambda step: sum(f1([s >= step for s in scores], truth) for scores, truth in parts))


def f1(said: Sequence[bool], truth: Sequence[bool]) -> float:
    hits = sum(a and b for a, b in zip(said, truth, strict=True))
    return 2 * hits / (sum(said) + sum(truth)) if hits else 0.0


def best_f1(scores: Sequence[float], truth: Sequence[bool]) -> float:
    """F1 at the best threshold for just this set: an upper bound, for references that are not fitted."""
    true, hits, best = sum(truth), 0, 0.0
    ranked = sorted(zip(scores, truth, strict=True), key=lambda pair: -pair[0])
    for said, (_score, hit) in enumerate(ranked, start=1):
        hits += hit
        best = max(best, 2 * hits / (said + true))
    return best


# -- judging


def folds(labelled: Labelled, seed: int) -> list[int]:
    """Which fifth each report is in; clusters stay whole."""
    names = sorted(set(labelled.clusters))
    random.Random(seed).shuffle(names)
    place = {name: number % FOLDS for number, name in enumerate(names)}
    return [place[cluster] for cluster in labelled.clusters]


def cross_validate(sets: Sequence[Labelled]) -> None:
    """Print how pairs and suggestions are judged by weights and a threshold that never saw their clusters."""
    within: dict[str, list[float]] = {labelled.name: [] for labelled in sets}
    whole: dict[str, list[float]] = {labelled.name: [] for labelled in sets}
    found: dict[str, list[bool]] = {labelled.name: [] for labelled in sets}
    for seed in SEEDS:
        fold_of = {labelled.name: folds(labelled, seed) for labelled in sets}
        counts = {labelled.name: [0.0, 0.0, 0.0] for labelled in sets}
        for fold in range(FOLDS):
            parts = [_train(labelled, fold_of[labelled.name], fold) for labelled in sets]
            weights = fit(parts)
            limit = threshold([([_sigmoid(_logit(weights, row)) for row in rows], truth) for rows, truth in parts])
            for labelled in sets:
                own = fold_of[labelled.name]
                within[labelled.name].append(_judge(labelled, own, fold, weights, limit, counts[labelled.name]))
                if seed == SEEDS[0]:
                    queries = [number for number, place in enumerate(own) if place == fold]
                    found[labelled.name] += suggestions(labelled, queries, weights)
        for name, (hits, said, true) in counts.items():
            whole[name].append(2 * hits / (said + true))
    for labelled in sets:
        name = labelled.name
        print(f"{name:16} F1 inside the held-out fifth {_mean(within[name]):.3f}"
              f"   against the whole file {_mean(whole[name]):.3f}"
              f"   twin among the first five {_mean(found[name]):.3f} of {len(found[name])}")  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _train(labelled: Labelled, fold_of: list[int], fold: int) -> tuple[list[Row], list[bool]]:
    kept = [n for n, (i, j) in enumerate(labelled.pairs) if fold not in (fold_of[i], fold_of[j])]
    return [labelled.rows[n] for n in kept], [labelled.truth[n] for n in kept]


def _judge(
    labelled: Labelled, fold_of: list[int], fold: int, weights: Sequence[float], limit: float, counts: list[float]
) -> float:
    """F1 of the pairs inside a fifth; to `counts` go hits, claims and true pairs, false claims across fifths by half."""
    said: list[bool] = []
    true: list[bool] = []
    for (i, j), row, truth in zip(labelled.pairs, labelled.rows, labelled.truth, strict=True):
        inside = (fold_of[i] == fold) + (fold_of[j] == fold)
        if not inside:
            continue
        claim = _sigmoid(_logit(weights, row)) >= limit
        if inside == 2:
            said.append(claim)
            true.append(truth)
            counts[0] += claim and truth
            counts[2] += truth
        counts[1] += claim * inside / 2
    return f1(said, true)


def suggestions(labelled: Labelled, queries: Sequence[int], weights: Sequence[float] | None = None) -> list[bool]:
    """For each report that has an earlier twin: whether one is among the first five suggestions."""
    standing = dict(WEIGHTS)
    if weights is not None:
        WEIGHTS.update(zip(standing, weights, strict=True))
    order = sorted(range(len(labelled.reports)), key=lambda n: (labelled.reports[n].on or date.min, n))
    asked, index, result = set(queries), TwinIndex(), []
    earlier: dict[str, set[str]] = {}
    for number in order:
        report, twins = labelled.reports[number], earlier.setdefault(labelled.clusters[number], set())
        if number in asked and twins:
            result.append(any(match.id in twins for match in index.suggest(report, 5)))
        twins.add(report.id)
        index.add(report)
    WEIGHTS.update(standing)
    return result


def group_f1(labelled: Labelled) -> tuple[float, int]:
    """F1 of the pairs that the desk's groups make, and how many groups."""
    made = groups(labelled.reports)
    held = {frozenset(pair) for group in made for pair in combinations(group.ids, 2)}
    ids = [report.id for report in labelled.reports]
    return f1([frozenset((ids[i], ids[j])) in held for i, j in labelled.pairs], labelled.truth), len(made)


def reference(labelled: Labelled, measure: Callable[[str, str], float], shape: Callable[[str], str]) -> float:
    texts = [shape(report.text) for report in labelled.reports]
    return best_f1([measure(texts[i], texts[j]) for i, j in labelled.pairs], labelled.truth)


def _bigrams(text: str) -> str:
    return " ".join(text[n : n + 2] for n in range(len(text) - 1))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--fit", action="store_true", help="print weights and threshold fitted on the sets")
    options.add_argument("--data", type=Path, default=DATA)
    given = options.parse_args()
    sets = [read(path) for path in sorted(given.data.glob("*.csv"))]
    if given.fit:
        weights = fit([(labelled.rows, labelled.truth) for labelled in sets])
        scored = [([_sigmoid(_logit(weights, r)) for r in s.rows], s.truth) for s in sets]
        for name, weight in zip(WEIGHTS, weights, strict=True):
            print(f'    "{name}": {weight:.2f},')
        print("LIKELY =", threshold(scored))
        return
    for labelled in sets:
        said = [score(labelled.reports[i], labelled.reports[j]) >= LIKELY for i, j in labelled.pairs]
        desk, made = group_f1(labelled)
        top = suggestions(labelled, range(len(labelled.reports)))
        print(f"{labelled.name:16} {len(labelled.reports)} reports, {len(set(labelled.clusters))} clusters, "
              f"{sum(labelled.truth)} true pairs")  # fmt: skip
        print(f"  as shipped     F1 of pairs {f1(said, labelled.truth):.3f}   of the desk's {made} groups {desk:.3f}"
              f"   twin among the first five {_mean(top):.3f} of {len(top)}")  # fmt: skip
        print(f"  references     fuzz.ratio {reference(labelled, fuzz.ratio, str):.3f}"
              f"   token_set_ratio of character pairs {reference(labelled, fuzz.token_set_ratio, _bigrams):.3f}"
              "   (each at its best threshold on the file)")  # fmt: skip
    print(
        f"weights and threshold fitted on four fifths of the clusters, judged on the rest, {len(SEEDS)} x {FOLDS} times:"
    )
    cross_validate(sets)


if __name__ == "__main__":
    main()
