"""Prices that are kept by group are those that would be made anew, whatever changes in a group."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from feeds import FEEDS, Market, rows
from states import changed_and_kept, made_anew, told
from test_prices import ZETA, moves, says, stated, states

from pipelines.tables import Connection, python_step, read_frames

MODULE = "pipelines.price_states"
KEPT = ("core.price_claims", "core.prices", "core.price_meters")
#: With what is between them, in the order in which they are made.
MADE = (
    "core.price_states", "core.price_claims", "core.offerings", "core.prices", "core.price_meters",
)  # fmt: skip


SOME = "(select n.target from core.names as n where hash(n.target) % 5 = 0)"
NAMED = f"spelling in (select n.spelling from core.names as n where n.target in {SOME})"
LAST = "read_on > (select max(read_on) from core.source_readings) - 200"
CHANGES = [
    f"update core.price_observations set input_usd_per_mtok = input_usd_per_mtok * 6 where {NAMED}",
    f"update core.price_observations set output_usd_per_mtok = output_usd_per_mtok * 0.9 "
    f"where {NAMED} and first_seen_at > timestamp '2025-01-01'",
    f"update core.price_observations set ended_at = null, last_seen_at = null where {NAMED}",
    "update core.price_observations set ended_at = first_seen_at + interval 9 day, "
    f"last_seen_at = first_seen_at + interval 8 day where {NAMED}",
    f"update core.price_observations set quarantine_reason = 'no longer believed' where {NAMED}",
    f"delete from core.price_observations where {NAMED}",
    f"update core.names set known_since = known_since + interval 200 day where target in {SOME}",
    f"update core.names set host_id = 'another' where target in {SOME}",
    f"update core.names set status = 'unknown', target = null where target in {SOME}",
    "update core.names set target = 'openai/gpt-4o-2024-08-06' where target like 'openai/%' "
    f"and target in {SOME}",
    f"delete from core.source_readings where {LAST}",
    "insert into core.source_readings select source, max(read_on) + 40 from core.source_readings "
    "group by source",
]
EDITION_CHANGES = [
    "update core.models set vendor_id = 'mistral' where model_id like 'openai/%'",
    "update core.vendors set list_price_host_id = 'openrouter' where vendor_id = 'openai'",
    "update seeds.prices set input_usd_per_mtok = input_usd_per_mtok * 5 where model_id < 'd'",
    "update seeds.prices set published_on = published_on + 20 where model_id < 'd'",
    "delete from seeds.prices where model_id < 'd'",
    "insert into seeds.prices by name select e.* replace (valid_from_latest + 5 as "
    "valid_from_latest, input_usd_per_mtok * 2 as input_usd_per_mtok, published_on + 5 as "
    "published_on) from seeds.prices as e where e.model_id < 'd' and e.valid_to is null",
    "update core.aliases set valid_to = date '2025-06-01', ended_known_on = date '2025-06-03' "
    "where model_id < 'd' and alias = model_id",
    "update core.aliases set known_on = known_on + 400 where alias <> model_id",
    "delete from core.aliases where alias <> model_id",
    "insert into core.aliases by name select a.* replace ('another/name' as alias) "
    "from core.aliases as a where a.alias = a.model_id and a.model_id < 'b'",
    "update core.availability set api_available_on = date '2025-06-01', "
    "released_known_on = date '2025-06-01' where model_id < 'd'",
    "update core.availability set shutdown_on = date '2025-06-01' where model_id < 'd'",
    "update core.shutdowns set shutdown_on = date '2025-06-01'",
    "update core.shutdowns set known_to = date '2025-12-01' where known_to is null",
]


@pytest.mark.parametrize("statement", [*CHANGES, *EDITION_CHANGES])
@pytest.mark.parametrize(
    "name", ["warehouse", pytest.param("archive_warehouse", marks=pytest.mark.archive)]
)
def test_prices_of_a_state_are_the_same_after_a_change(
    name: str, statement: str, request: pytest.FixtureRequest
) -> None:
    changed, kept = changed_and_kept(request.getfixturevalue(name), MADE, statement)
    assert any(changed.values())
    assert kept > 0


@pytest.mark.parametrize(
    "statement",
    [
        "update core.lineages set reliability_rank = 9 - reliability_rank",
        "update raw.sources set licence = 'another'",
        "update raw.sources set lineage = 'another' where source = 'litellm'",
    ],
)
def test_what_all_prices_share_makes_them_all_anew(warehouse: Connection, statement: str) -> None:
    changed, kept = changed_and_kept(warehouse, MADE, statement)
    assert changed["core.prices"] > 0
    assert kept == 0 or "lineages" in statement


def test_a_day_on_which_nothing_was_said_of_prices_changes_no_state(warehouse: Connection) -> None:
    statement = "insert into core.source_readings values ('litellm', date '2035-01-01')"
    warehouse.execute("begin")
    warehouse.execute("insert into core.source_readings values ('litellm', date '2034-12-31')")
    try:
        step = python_step(MODULE)
        first = step.compute(**read_frames(step.reads, warehouse))["price_states"]
        warehouse.execute(statement)
        second = step.compute(**read_frames(step.reads, warehouse))["price_states"]
    finally:
        warehouse.execute("rollback")
    assert first.equals(second)


# ------------------------------------------------------------------ day by day


def with_a_batch_price(market: Market) -> None:
    names = ("zeta-1", "zeta", "zeta-2", *(f"eta-{n}" for n in range(5)))
    document = FEEDS["litellm"].document(dict.fromkeys(names, ("1", "4")))
    document["zeta-1"]["input_cost_per_token_batches"] = 5e-07
    market.fetched("litellm", "2026-03-20", json.dumps(document).encode())


def moved_on(market: Market) -> None:
    market.connection.execute(
        "update seeds.aliases set valid_to = date '2026-03-15' where spelling = 'openai/zeta'"
    )
    moves(market, ("openai/zeta-2", "2026-03-15", None))


DAYS: dict[str, Callable[[Market], object]] = {
    "a first price": lambda m: says(m, "litellm", "2026-01-10", {"zeta-1": ("2", "8")}),
    "a jump": lambda m: says(m, "litellm", "2026-01-20", {"zeta-1": ("0.4", "1.6")}),
    "confirmed": lambda m: says(m, "models_dev", "2026-01-25", {"zeta-1": ("0.4", "1.6")}),
    "another jump": lambda m: says(m, "litellm", "2026-02-01", {"zeta-1": ("20", "80")}),
    "a month later": lambda m: says(
        m, "litellm", "2026-03-05", {"zeta-1": ("20", "80"), "b": ("1", "2")}
    ),
    "another host": lambda m: m.fetched(
        "genai_prices", "2026-03-06", FEEDS["genai_prices"].payload({"zeta-1": ("1", "4")}, "azure")
    ),
    "the edition": lambda m: states(m, **stated(("1", "4"), "2026-03-07")),
    "a moving name": lambda m: says(
        m, "litellm", "2026-03-10",
        {"zeta-1": ("20", "80"), "zeta": ("1", "4"), "zeta-2": ("3", "9")},
    ),
    "its meaning": lambda m: moves(m, (ZETA, "2026-01-01", None)),
    "another meaning": moved_on,
    "a correction": lambda m: m.add(
        "price_corrections", source="models_dev", spelling="openai/zeta-1",
        input_usd_per_mtok="0.4", output_usd_per_mtok="1.6", reason="a slip",
    ),
    "another meter": with_a_batch_price,
    "a withdrawal": lambda m: m.add(
        "retirements", model_id=ZETA, deprecated_on="2026-03-01", shutdown_on="2026-03-20",
        published_on="2026-03-01",
    ),
}  # fmt: skip


def test_prices_kept_from_day_to_day_are_those_made_at_once(market: Market) -> None:
    before: dict[tuple[str, str], Any] = {}
    for what, happens in DAYS.items():
        happens(market)
        connection = market.build(*KEPT)
        after = told(connection, KEPT)
        found = {name: rows(connection, f"select * from {name} order by all") for name in KEPT}
        made_anew(connection, MADE)
        for name in KEPT:
            assert rows(connection, f"select * from {name} order by all") == found[name], what
        assert after.keys() - before.keys(), what
        assert not before or len(after.keys() & before.keys()) > 500, what
        before = after
    zeta = [row for row in found["core.price_claims"] if "zeta" in str(row)]
    assert len(zeta) > 5
