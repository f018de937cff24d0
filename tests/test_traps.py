"""Every known trap of a source has a test that is named after it; `docs/traps.md` says which."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from pipelines.settings import PROJECT

#: Traps by section of what is known of the sources: a row taken away is noticed.
COUNTS = {
    "P1": 10, "P2": 10, "P3": 12, "P4": 11, "P5": 9, "P6": 7, "P7": 12, "P8": 10, "P9": 6,
    "B4": 20, "R0": 10,
}  # fmt: skip
ROW = re.compile(r"^\| ([A-Z]\d\.\d+) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall((PROJECT / "docs" / "traps.md").read_text(encoding="utf-8"))


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_no_known_trap_is_missing() -> None:
    listed = [row[0] for row in ROWS]
    assert listed == [f"{s}.{n}" for s, count in COUNTS.items() for n in range(1, count + 1)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_trap_has_a_test_named_after_it(row: tuple[str, str, str, str]) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row[3])
    assert named
    for path, name in named:
        assert name in names_in(PROJECT / path), f"{path} has no {name}"
