"""Every row of the list of faults that is ours so far has a test that bears its name; see docs/reliability.md."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROWS = (
    # writing on one's own laptop
    "kill-append", "power-append", "full-append", "locked-file", "two-instances", "kill-interview", "read-only-workspace",
    "cache-bad",
    # files that arrive
    "torn-tail", "zeros", "garbage", "bit-flip", "re-encoded", "hand-edited", "hole", "odd-json", "other-community",
    "newer-format",
    # copying and sync tools
    "renamed", "conflict-copy", "tool-debris", "rollback-copy", "emptied-folder", "stick-pulled", "stick-full",
    "stick-read-only", "fat-names", "file-times", "simultaneous-exchange", "foreign-files", "storm",
    # who and when
    "cloned-laptop", "wrong-clock", "replayed",
    # two people decide at the same time
    "merge-chain", "merge-circle", "merge-against-split", "same-door", "too-early", "not-allowed",
    # hostile or strange text
    "path-names", "terminal-codes", "bidi-and-invisible", "markup-text",
)  # fmt: skip
ELSEWHERE = {
    "page-injection", "formula-cell", "canary", "forgotten-passphrase", "key-change-offline", "erasure", "consent",
    "masked-export", "token-guess", "token-renewed", "serve-paths",
}  # fmt: skip
"""Rows of keys, personal data and the case page: tests may bear them, and nothing here asks for it."""


def marked() -> dict[str, list[str]]:
    """Rows that `@pytest.mark.fault` or a module's `pytestmark` names, and where."""
    found: dict[str, list[str]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
                for row in node.args:
                    assert isinstance(row, ast.Constant), f"{path.name}:{node.lineno}: a row is named as it stands"
                    found.setdefault(str(row.value), []).append(f"{path.name}:{node.lineno}")
    return found


MARKED = marked()


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_its_test(row: str) -> None:
    assert MARKED.get(row)


def test_only_rows_of_the_list_are_named() -> None:
    assert MARKED.keys() <= {*ROWS, *ELSEWHERE}
