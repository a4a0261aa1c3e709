"""Every row of the list of faults has a test that bears its name; see docs/reliability.md."""

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
    "path-names", "terminal-codes", "bidi-and-invisible", "markup-text", "page-injection",
    # personal data and keys
    "canary", "forgotten-passphrase", "key-change-offline", "erasure", "consent", "masked-export",
    # case page
    "token-guess", "token-renewed", "serve-paths",
)  # fmt: skip
LATER = {"formula-cell"}
"""Rows of what is not there yet: spreadsheets as exports."""


def marked() -> dict[str, list[str]]:
    """Rows that `@pytest.mark.fault` or a module's `pytestmark` names, and where."""
    found: dict[str, list[str]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
                for row in node.args:
                    if isinstance(row, ast.Constant):  # the sweep takes its rows from a table
                        found.setdefault(str(row.value), []).append(f"{path.name}:{node.lineno}")
    return found


MARKED = marked()


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_its_test(row: str) -> None:
    assert MARKED.get(row)


def test_only_rows_of_the_list_are_named() -> None:
    assert MARKED.keys() <= {*ROWS, *LATER}
