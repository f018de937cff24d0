"""Source health: a word for each state of a source, what to do, and the same in Dagster."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from feeds import FEEDS, PRICE_TABLES, Market, at
from rich.console import Console

from pipelines import raw, source_words, tables
from pipelines.assets import IN_HEALTH, Warehouse, raw_key
from pipelines.definitions import defs
from pipelines.serve import INSTANCE
from pipelines.settings import Settings
from pipelines.sources import sources
from pipelines.tables import catalogue
from pipelines.warehouse import open_writer

PRICES = {f"zeta-{n}": (f"{n}", f"{4 * n}") for n in range(1, 7)}


def health(market: Market) -> dict[str, dict[str, Any]]:
    """Rows of source health by source, from all that was fetched."""
    market.build()
    known = catalogue()
    missing = known.upstream(["marts.source_health"]) - known.upstream(PRICE_TABLES)
    for name in known.order:
        if name in missing and name in known.tables and not known.tables[name].python:
            tables.build(known.tables[name], market.connection)
        elif name.startswith("staging.every_"):
            tables.create_macro(known.macros[name], market.connection)
    return {row["source"]: row for row in source_words.health_rows(market.connection)}


def fetched(market: Market, feed: str, day: str, **change: tuple[str, str]) -> None:
    prices = PRICES | {name.replace("_", "-"): price for name, price in change.items()}
    market.fetched(feed, day, FEEDS[feed].payload(prices))


def failed(market: Market, feed: str, day: str, problem: str) -> None:
    url = sources()[feed].url
    fetch = raw.new_fetch(feed, url, at(day), "failed", None, problem=problem)
    market.snapshots.append([fetch])


def test_a_fresh_fetch_of_old_data_is_stale(market: Market) -> None:
    """The publisher commits every day, and what it says is of January."""
    fetched(market, "litellm", "2026-01-10")
    document = json.loads(FEEDS["litellm"].payload(PRICES))
    for day in ("2026-02-10", "2026-03-10"):
        document["sample_spec"]["max_tokens"] = f"generated on {day}"
        market.fetched("litellm", day, json.dumps(document).encode())
    row = health(market)["litellm"]
    assert (row["status"], str(row["newest_fact_on"])) == ("stale", "2026-01-10")
    assert row["last_good_at"] == datetime(2026, 3, 10)
    assert "says nothing new" in row["what_to_do"]


def test_a_source_with_something_new_is_ok_and_asks_for_nothing(market: Market) -> None:
    fetched(market, "litellm", "2026-01-10")
    fetched(market, "litellm", "2026-03-10", zeta_1=("2", "5"), zeta_7=("1", "2"))
    row = health(market)["litellm"]
    assert (row["status"], row["what_to_do"]) == ("ok", None)
    assert (row["rows_observed"], row["rows_change"]) == (7, 1)


def test_a_part_that_stays_dead_is_dead_since_its_first_failure(market: Market) -> None:
    """However often the source's other parts are read well in between."""
    source = sources()["vendor_news_rss"]
    dead, alive = list(source.live_parts)[:2]
    rows = [(dead, "2026-01-09", "unchanged"), *((part, day, status) for day in
            ("2026-01-10", "2026-01-11", "2026-01-12")
            for part, status in ((dead, "failed"), (alive, "unchanged")))]  # fmt: skip
    for part, day, status in rows:
        problem = "HTTP 404" if status == "failed" else None
        fetch = raw.new_fetch(
            source.name, source.url, at(day), status, None, problem=problem, part=part
        )
        market.snapshots.append([fetch])
    raw.load(market.connection, source, market.snapshots)
    row = health(market)[source.name]
    assert dead in row["problem"]
    assert row["failing_since"] == datetime(2026, 1, 10)


def test_a_failed_reading_is_broken_and_says_why(market: Market) -> None:
    fetched(market, "litellm", "2026-01-10")
    failed(market, "litellm", "2026-01-11", "HTTP 500")
    row = health(market)["litellm"]
    assert (row["status"], row["problem"]) == ("broken", "HTTP 500")
    assert row["last_good_at"] == datetime(2026, 1, 10)
    assert "last good payload stays in force" in row["what_to_do"]


def test_a_payload_that_cannot_be_read_is_broken(market: Market) -> None:
    fetched(market, "litellm", "2026-01-10")
    market.fetched("litellm", "2026-01-11", b"<html>")
    row = health(market)["litellm"]
    assert row["status"] == "broken"
    assert "HTML" in row["problem"]


def test_a_feed_that_lost_its_rows_is_shrunk(market: Market) -> None:
    fetched(market, "litellm", "2026-01-10")
    market.fetched("litellm", "2026-01-11", FEEDS["litellm"].payload({"zeta-1": ("1", "4")}))
    row = health(market)["litellm"]
    assert (row["status"], row["rows_held_back"]) == ("shrunk", 1)
    assert "believed after a week" in row["what_to_do"]


def test_a_source_left_out_while_others_are_read_is_overdue(market: Market) -> None:
    fetched(market, "litellm", "2026-01-10")
    fetched(market, "models_dev", "2026-01-20")
    found = health(market)
    assert (found["litellm"]["status"], found["models_dev"]["status"]) == ("overdue", "ok")


def test_a_field_we_read_that_is_gone_is_drift(market: Market) -> None:
    document = json.loads(FEEDS["litellm"].payload(PRICES))
    for name in PRICES:
        document[name]["cache_read_input_token_cost"] = 1e-7
    market.fetched("litellm", "2026-01-10", json.dumps(document).encode())
    fetched(market, "litellm", "2026-01-11")
    row = health(market)["litellm"]
    assert (row["status"], row["fields_drifted"]) == ("drifted", 1)


def test_what_is_not_read_says_why(market: Market) -> None:
    fetched(market, "litellm", "2026-01-10")
    found = health(market)
    assert found["openrouter_rankings_daily"]["status"] == "no key"
    assert "OPENROUTER_API_KEY" in found["openrouter_rankings_daily"]["what_to_do"]
    assert found["aider"]["status"] == "not read"
    assert found["llmstats"]["status"] == "archive"


def test_prices_outvoted_now_are_counted_as_disputed(market: Market) -> None:
    for feed in ("litellm", "models_dev"):
        fetched(market, feed, "2026-01-10")
    fetched(market, "genai_prices", "2026-01-10", zeta_1=("2", "5"))
    found = health(market)
    assert found["genai_prices"]["prices_disputed"] == 1
    assert found["litellm"]["prices_disputed"] == 0


def test_it_is_read_within_80_columns(market: Market) -> None:
    fetched(market, "litellm", "2026-01-10")
    failed(market, "litellm", "2026-01-11", "no answer within 20 s, asked five times; " * 4)
    fetched(market, "models_dev", "2026-01-20")
    rows = list(health(market).values())
    console = Console(width=200, record=True, file=io.StringIO())
    source_words.show(rows, datetime(2026, 1, 21, 12, tzinfo=UTC), console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= source_words.WIDTH
    lines = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert set(sources()) <= set(lines)
    assert lines["models_dev"][:6] == ["ok", "1", "d", "1", "d", "6"]
    assert re.search(r"broken litellm: no answer within 20 s.*last good payload", text, re.DOTALL)


# ------------------------------------------------------------------ in Dagster


def test_a_stale_source_fails_its_check_in_dagster(
    market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(market, "litellm", "2026-01-10")
    fetched(market, "models_dev", "2026-01-10")
    fetched(market, "litellm", "2026-03-10")
    fetched(market, "models_dev", "2026-03-10", zeta_1=("2", "5"))
    health(market)
    states = market.connection.sql("from marts.source_health").to_arrow_table()
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path))
    with open_writer(Settings()) as connection:
        tables.create_schemas(connection)
        connection.register("states", states)
        connection.execute("create table marts.source_health as from states")
    keys = {dg.AssetCheckKey(raw_key(source), IN_HEALTH) for source in sources().values()}
    job = defs.resolve_implicit_global_asset_job_def()
    job = job.get_subset(asset_selection=set(), asset_check_selection=keys)
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance, resources={"bellwether": Warehouse(offline=True)}
        )
    found = {e.asset_key.path[-1]: e for e in result.get_asset_check_evaluations()}
    assert set(found) == set(sources())
    stale = found["litellm"]
    assert (stale.passed, stale.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert stale.metadata["status"].value == "stale"
    assert "says nothing new" in str(stale.metadata["what_to_do"].value)
    assert found["models_dev"].passed
    assert found["llmstats"].passed


def test_every_live_source_is_fresh_for_two_of_its_cadences() -> None:
    graph = defs.resolve_asset_graph()
    for source in sources().values():
        policy: Any = graph.get(raw_key(source)).freshness_policy
        assert (policy is not None) is source.is_live, source.name
        if policy is not None:
            fails = policy.fail_window.to_timedelta()
            assert fails == max(timedelta(days=2), 2 * source.cadence)
            assert policy.warn_window.to_timedelta() < fails
    assert "freshness:\n  enabled: true" in INSTANCE.read_text()
