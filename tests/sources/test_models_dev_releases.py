"""Release dates in models.dev: the model's, not the offering's, and not always a day."""

import json
from pathlib import Path
from typing import Any

import pytest
from staged_table import Staged

from pipelines.sources import sources


def catalogue(models: dict[str, str | None], price: float = 1.0) -> str:
    rows: dict[str, Any] = {}
    for key, day in models.items():
        provider, _, model = key.partition("/")
        row = {"id": model, "name": model.upper(), "cost": {"input": price, "output": 2 * price}}
        row |= {} if day is None else {"release_date": day}
        rows.setdefault(provider, {"id": provider, "models": {}})["models"][model] = row
    return json.dumps(rows)


def staged(tmp_path: Path, days: dict[str, str]) -> Staged:
    for day, document in days.items():
        folder = tmp_path / "archive" / "models_dev" / day
        folder.mkdir(parents=True)
        (folder / "api.json").write_text(document)
    source = sources()["models_dev"]
    return Staged(tmp_path / "archive", source, "releases", tmp_path / "kept")


def test_a_price_change_is_no_new_statement_of_a_date(tmp_path: Path) -> None:
    models: dict[str, str | None] = {"openai/o1-mini": "2024-09-12"}
    days = {
        "2025-07-01": catalogue(models),
        "2025-08-01": catalogue(models, price=2.0),
        "2025-09-01": catalogue({"openai/o1-mini": "2024-09-13"}, price=2.0),
    }
    columns = "released_on, first_seen_at, previous_fetch_at, last_seen_at, ended_at, kind"
    assert staged(tmp_path, days).rows(columns) == [
        ("2024-09-12", "2025-07-01 00:00:00", None, "2025-08-01 00:00:00",
         "2025-09-01 00:00:00", "database"),
        ("2024-09-13", "2025-09-01 00:00:00", "2025-08-01 00:00:00", None, None, "database"),
    ]  # fmt: skip


def test_a_change_of_schema_that_drops_the_date_states_nothing(tmp_path: Path) -> None:
    days = {"2025-06-20": catalogue({"openai/o1-mini": None})}
    assert staged(tmp_path, days).rows("key") == []


@pytest.mark.parametrize(
    ("key", "day", "reason"),
    [
        ("google/gemini-flash-latest", "2025-09-25", "a moving alias"),
        ("openai/gpt-4o", "2024-05-13", "a moving alias"),
        ("azure/gpt-4o", "2024-05-13", "a moving alias"),
        ("groq/kimi-k2.5", "2026-01", "a month or no date"),
        ("firmware/gpt-oss-120b", "1970-01-01", "before there was any such model"),
        ("openai/gpt-9", "2027-01-01", "dated after it was listed"),
        ("anthropic/claude-3-7-sonnet-20250219", "2025-02-19", "the day of the build"),
    ],
)
def test_a_date_that_cannot_be_the_launch_is_quarantined(
    tmp_path: Path, key: str, day: str, reason: str
) -> None:
    (found,) = staged(tmp_path, {"2026-05-01": catalogue({key: day})}).rows("quarantine_reason")
    assert found[0].startswith(reason)


@pytest.mark.parametrize(
    ("key", "day"),
    [("openai/o1-mini-2024-09-12", "2024-09-12"), ("anthropic/claude-3-7-sonnet", "2025-02-24")],
)
def test_a_credible_date_is_kept(tmp_path: Path, key: str, day: str) -> None:
    rows = staged(tmp_path, {"2026-05-01": catalogue({key: day})})
    assert rows.rows("released_on, spelling, quarantine_reason") == [(day, key, None)]


@pytest.mark.archive
def test_archive_known_dates_are_found(archive: Path, tmp_path: Path) -> None:
    found = Staged(archive, sources()["models_dev"], "releases", tmp_path)
    where = "quarantine_reason is null and ended_at is null"
    dates = dict(found.rows("key, released_on", where))
    assert dates["openai/o3-mini"] == "2024-12-20"
    assert len(dates) > 3000
    assert "openai/gpt-4o" not in dates
