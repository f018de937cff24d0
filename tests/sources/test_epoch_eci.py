"""The published index: one value for all efforts of a model."""

from decimal import Decimal as D
from pathlib import Path

import pytest
from staged_table import FIXTURES, Staged, every_payload

from pipelines.sources import PayloadError
from pipelines.sources.epoch_eci import SOURCE, parse


def test_one_value_per_group_with_its_interval(tmp_path: Path) -> None:
    staged = Staged(FIXTURES, SOURCE, "index", tmp_path)
    columns = "spelling, title, scope, index_points, index_points_low, index_points_high"
    assert staged.rows(columns, "spelling = 'o1-mini'") == [
        ("o1-mini", "o1-mini (high)", "group", D("136.436"), D("131.118"), D("138.003"))
    ]


def test_a_copiers_own_columns_are_not_read() -> None:
    payload = b"Model,eci,Accessibility group,model_versions\no1-mini,136.4,Closed,o1-mini_high\n"
    (row,) = parse(payload).things["index"]
    assert row.fields == {"group": "o1-mini", "score": "136.4"}


@pytest.mark.parametrize("payload", [b"", b"<html>", b"Model,score\na,1\n", b"Model,eci\n"])
def test_anything_else_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


@pytest.mark.archive
def test_the_archived_index_parses(archive: Path, tmp_path: Path) -> None:
    ((_, _, payload),) = every_payload(archive, SOURCE)
    assert len(parse(payload).things["index"]) == 140
    rows = dict(Staged(archive, SOURCE, "index", tmp_path).rows("spelling, index_points"))
    assert rows["o1-mini"] == D("136.436")
    assert min(rows.values()) > 0
