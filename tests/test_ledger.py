"""The ledger: on disk before it answers, torn lines harm nothing, changes show."""

import json
import multiprocessing
from pathlib import Path

import pytest

from pipelines.ledger import Ledger, LedgerError


def test_entries_come_back_in_order_and_by_kind(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "deep" / "ledger.jsonl")
    assert ledger.entries() == []
    ledger.append("sign-off", {"name": "Ünal", "hash": "a"})
    ledger.append("verdict", {"model": "x"})
    ledger.append("sign-off", {"name": "B", "hash": "b"})
    assert [e["hash"] for e in ledger.entries("sign-off")] == ["a", "b"]
    assert [e["kind"] for e in ledger.entries()] == ["sign-off", "verdict", "sign-off"]


@pytest.mark.parametrize("cut", [1, 5, 30, 80])
def test_a_line_torn_by_a_crash_harms_no_other(tmp_path: Path, cut: int) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append("a", {"n": 1})
    ledger.append("a", {"n": 2, "words": "long enough to be cut in many places" * 2})
    ledger.path.write_bytes(ledger.path.read_bytes()[:-cut])
    ledger.append("a", {"n": 3})
    expected = [1, 2, 3] if cut == 1 else [1, 3]  # only the line break was lost
    assert [e["n"] for e in ledger.entries()] == expected
    assert len(ledger.torn()) == (0 if cut == 1 else 1)


def test_a_changed_or_removed_entry_shows(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for n in range(3):
        ledger.append("a", {"n": n})
    lines = ledger.path.read_text().splitlines()
    changed = json.loads(lines[1]) | {"n": 7}
    ledger.path.write_text("\n".join([lines[0], json.dumps(changed), lines[2]]) + "\n")
    with pytest.raises(LedgerError, match="line 2"):
        ledger.entries()
    ledger.path.write_text("\n".join([lines[0], lines[2]]) + "\n")
    with pytest.raises(LedgerError, match="line 2"):
        ledger.entries()


def _write(path: Path, writer: int) -> None:
    for n in range(20):
        Ledger(path).append("a", {"writer": writer, "n": n})


def test_writers_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(path, w)) for w in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    entries = Ledger(path).entries()
    assert len(entries) == 40
    for w in range(2):
        assert [e["n"] for e in entries if e["writer"] == w] == list(range(20))
