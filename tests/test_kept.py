"""What a step keeps is what it would make anew, whichever of its inputs changes."""

import re
from typing import Any

import duckdb
import pandas as pd
import pytest
from feeds import rows

from pipelines import tables
from pipelines.analysis import grading
from pipelines.tables import Connection, catalogue, python_step, read_frames

WAREHOUSES = [
    "edition", "warehouse", pytest.param("archive_warehouse", marks=pytest.mark.archive)
]  # fmt: skip


def computed(module: str, connection: Connection, kept: set[str] | None) -> dict[str, pd.DataFrame]:
    """What a step computes beside what is `kept`; null for a step that keeps nothing itself."""
    step = python_step(module)
    told = {} if kept is None else {"kept": frozenset(kept)}
    return step.compute(**read_frames(step.reads, connection), **told)


def as_text(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Rows in any order, whatever pandas makes of a column's nulls."""
    return sorted(frame.astype(object).where(frame.notna(), None).map(str).itertuples(index=False))


def kept_against_anew(
    module: str, table: str, state: str, connection: Connection, statement: str
) -> tuple[int, int]:
    """Rows that differ after a statement, and rows kept; that the two are one table is asserted."""
    before = computed(module, connection, set())[table]
    connection.execute("begin")
    try:
        connection.execute(statement)
        anew = computed(module, connection, set())[table]
        found = computed(module, connection, set(before[state]))
    finally:
        connection.execute("rollback")
    stays = before[before[state].isin(found["standing"].iloc[:, 0])]
    assert as_text(pd.concat([stays, found[table]])) == as_text(anew)
    told = [name for name in before.columns if name != state]
    return len(set(as_text(anew[told])) - set(as_text(before[told]))), len(stays)


MODULE = "pipelines.analysis.grading"
GRADED = "(select v.model_id from marts.verdicts as v where v.as_of < date '2025-06-01')"


@pytest.mark.parametrize("name", WAREHOUSES)
def test_grades_are_kept_while_nothing_changes(name: str, request: pytest.FixtureRequest) -> None:
    connection: Connection = request.getfixturevalue(name)
    before = computed(MODULE, connection, set())["verdict_grades"]
    again = computed(MODULE, connection, set(before["state_id"]))
    assert again["verdict_grades"].empty
    assert set(again["standing"]["state_id"]) == set(before["state_id"])
    assert before["state_id"].is_unique


@pytest.mark.parametrize(
    "statement",
    [
        f"update core.prices set output_usd_per_mtok = output_usd_per_mtok * 0.5, "
        f"input_usd_per_mtok = input_usd_per_mtok * 0.5 where model_id in {GRADED} "
        "and valid_from > date '2024-11-01'",
        "update core.price_claims set publisher = publisher || ' and others'",
        f"update core.retirements set shutdown_on = shutdown_on - 60 where model_id in {GRADED}",
        "update core.events set effective_on = effective_on + 3 where event_kind = 'launch'",
        "update core.releases set source_url = source_url || '#'",
        "update marts.segment_standing set is_on_frontier = not is_on_frontier "
        "where segment_id = 'premium_reasoning'",
        "update marts.launch_impact set probability_place_lost = 1 - probability_place_lost "
        "where basis = 'hindsight'",
        "update marts.verdicts set verdict = 'exposed' where verdict = 'unaffected'",
        "update core.segment_days set as_of = date '2025-01-15' where basis = 'newest'",
    ],
)
def test_a_grade_is_made_anew_when_what_it_says_changes(
    edition: Connection, statement: str
) -> None:
    other, _ = kept_against_anew(MODULE, "verdict_grades", "state_id", edition, statement)
    assert other > 0


USAGE = [
    "update core.usage set tokens = tokens * 3 where hash(spelling) % 3 = 0",
    "update core.usage set ended_at = first_seen_at where hash(spelling) % 3 = 0",
    "update core.usage set model_id = null where hash(spelling) % 2 = 0",
    "delete from core.usage where period_from < date '2025-01-01'",
    "update core.usage set period_from = period_from + 3, period_to = period_to + 3",
    "update core.usage set period_to = period_to + 7 where period_from = "
    "(select min(period_from) from core.usage)",
]


@pytest.mark.archive
def test_a_grade_is_made_anew_when_usage_in_its_windows_changes(
    archive_warehouse: Connection,
) -> None:
    found = [
        kept_against_anew(MODULE, "verdict_grades", "state_id", archive_warehouse, statement)
        for statement in USAGE
    ]
    assert sum(other > 0 for other, _ in found) >= 3
    assert any(kept > 0 for _, kept in found)


def test_usage_far_from_any_window_makes_no_grade_anew(warehouse: Connection) -> None:
    statement = (
        "update core.usage set tokens = tokens + 1 where period_from < "
        "(select min(v.as_of) from marts.verdicts as v) - 30"
    )
    before = computed(MODULE, warehouse, set())["verdict_grades"]
    assert grading.REACH == 21
    other, kept = kept_against_anew(MODULE, "verdict_grades", "state_id", warehouse, statement)
    assert (other, kept) == (0, len(before))


# ------------------------------------------------------------------ impacts of events

IMPACTS = ("marts.launch_impact", "marts.event_impact")


def impacts(connection: Connection) -> dict[tuple[str, str], tuple[str, int]]:
    """By event and basis: its state, and a hash of what would be told of it anew; 0 if nothing."""
    found = computed("pipelines.analysis.impact_states", connection, None)["impact_states"]
    told: dict[tuple[str, str], int] = {}
    for name in IMPACTS:
        select = catalogue().tables[name].select
        for event, basis, hashed in connection.execute(
            "select t.event_id, t.basis, sum(hash(t)) from "
            f"(select x.* exclude (state_id) from ({select}) as x) as t group by all"
        ).fetchall():
            told[event, basis] = hashed
    return {
        (row.event_id, row.basis): (row.state_id, told.get((row.event_id, row.basis), 0))
        for row in found.itertuples()
    }


@pytest.fixture(scope="module")
def impacts_before(edition: Connection) -> dict[tuple[str, str], tuple[str, int]]:
    return impacts(edition)


@pytest.mark.parametrize(
    "statement",
    [
        "update analysis.shift_forecasts set change_median = 0, inputs_hash = 'other' "
        "where event_id = (select min(event_id) from analysis.shift_forecasts)",
        "update analysis.demand_forecasts set change_median = 0, inputs_hash = 'other' "
        "where event_id = (select min(event_id) from analysis.demand_forecasts)",
        "update marts.segment_standing set is_on_frontier = not is_on_frontier "
        "where valid_from > date '2024-10-01'",
        "update marts.segment_standing set valid_to = valid_from + 1 "
        "where valid_from > date '2024-10-01'",
        "update core.shift_days set input_after_usd_per_mtok = input_after_usd_per_mtok * 3, "
        "output_after_usd_per_mtok = output_after_usd_per_mtok * 3",
        "update core.event_models set role = 'other' where event_id = "
        "(select min(event_id) from marts.launch_impact)",
    ],
)
def test_an_impact_is_told_anew_when_what_it_follows_from_changes(
    edition: Connection, impacts_before: Any, statement: str
) -> None:
    before = impacts_before
    edition.execute("begin")
    try:
        edition.execute(statement)
        after = impacts(edition)
    finally:
        edition.execute("rollback")
    same = {event for event in before if after.get(event, ("",))[0] == before[event][0]}
    assert all(after[event][1] == before[event][1] for event in same)
    assert 0 < len(same) < len(before)
    assert any(after.get(event) != before[event] for event in set(before) - same)


def test_a_launch_whose_standings_are_others_is_told_anew(
    edition: Connection, impacts_before: Any
) -> None:
    [(event, basis)] = edition.execute(
        "select event_id, basis from analysis.day_states where event_id is not null "
        "order by day_id limit 1"
    ).fetchall()
    edition.execute("begin")
    try:
        edition.execute(
            "update analysis.day_states set standing_id = 'another' "
            f"where event_id = '{event}' and basis = '{basis}'"
        )
        after = impacts(edition)
    finally:
        edition.execute("rollback")
    assert {key for key in after if after[key] != impacts_before[key]} == {(event, basis)}


def test_a_state_without_rows_is_asked_once(edition: Connection, impacts_before: Any) -> None:
    """Withdrawals of products that no segment has leave nobody anything to be told."""
    empty = {state for state, told in impacts_before.values() if not told}
    noted = edition.execute(
        "select state from raw.held_states where name = 'marts.event_impact' and rows = 0"
    ).fetchall()
    assert empty
    assert empty <= {state for (state,) in noted}


# ------------------------------------------------------------------ comparisons of capability


def comparisons(connection: Connection) -> dict[tuple[str, Any], tuple[str, int]]:
    """By launch and fit: the state, and a hash of the comparisons made anew; 0 if there is none."""
    found = computed("pipelines.analysis.comparison_states", connection, None)["comparison_states"]
    select = catalogue().tables["analysis.comparisons"].select
    rows = connection.execute(
        "select t.event_id, t.known_on, sum(hash(t)) from "
        f"(select x.* exclude (state_id) from ({select}) as x) as t group by all"
    ).fetchall()
    told = {(event, known_on): hashed for event, known_on, hashed in rows}
    return {
        (row.event_id, row.known_on): (
            row.state_id,
            told.get((row.event_id, row.known_on.date()), 0),
        )
        for row in found.itertuples()
    }


@pytest.mark.parametrize(
    "statement",
    [
        "update analysis.fits set fit_id = 'another' where known_on = "
        "(select max(known_on) from analysis.fits)",
        "delete from analysis.fits where known_on = (select max(known_on) from analysis.fits)",
        "update core.event_models set role = 'other' where event_id = "
        "(select min(event_id) from analysis.comparisons)",
        "delete from core.event_models where model_id = "
        "(select min(entrant_id) from analysis.comparisons)",
    ],
)
def test_a_comparison_is_made_anew_with_another_fit_or_entrant(
    edition: Connection, statement: str
) -> None:
    before = comparisons(edition)
    edition.execute("begin")
    try:
        edition.execute(statement)
        after = comparisons(edition)
    finally:
        edition.execute("rollback")
    same = {asked for asked in before if after.get(asked, ("",))[0] == before[asked][0]}
    assert 0 < len(same) < len(before)
    assert all(after[asked][1] == before[asked][1] for asked in same)


# ------------------------------------------------------------------ what is kept by states


def by_state(
    connection: Connection, module: str, states: str, table: str, about: tuple[str, ...]
) -> dict[Any, tuple[str, Any]]:
    """By what a state is about: the state, and a hash of its rows made anew; null without any."""
    found = computed(module, connection, None)[states]
    connection.register("found_states", found)
    key = ", ".join(f"s.{name}" for name in about)
    on = " and ".join(f"t.{name} = s.{name}" for name in about)
    select = re.sub(rf"\b\w+\.{states}\b", "found_states", catalogue().tables[table].select)
    rows = connection.execute(
        f"select {key}, any_value(s.state_id), sum(hash(t)) from found_states as s "
        f"left join (select x.* exclude (state_id) from ({select}) as x) as t on {on} group by all"
    ).fetchall()
    connection.unregister("found_states")
    return {row[:-2]: row[-2:] for row in rows}


@pytest.mark.parametrize("name", WAREHOUSES[1:])
@pytest.mark.parametrize(
    "change",
    [
        "update {} set score = score * 0.9 where model_id < 'b'",
        "update {} set ended_at = known_at + interval 1 day where model_id < 'b'",
        "update {} set configuration = 'effort high' where model_id < 'b'",
        "delete from {} where model_id < 'b'",
        "update {} set model_id = (select min(model_id) from {}) where model_id < 'b'",
    ],
)
def test_results_are_taken_up_anew_where_a_statement_changes(
    name: str, change: str, request: pytest.FixtureRequest
) -> None:
    connection: Connection = request.getfixturevalue(name)
    asked = ("pipelines.result_states", "result_states", "core.results", ("model_id", "benchmark_id"))  # fmt: skip  # noqa: E501
    before = by_state(connection, *asked)
    connection.execute("begin")
    try:
        connection.execute(change.replace("{}", "core.result_statements"))
        after = by_state(connection, *asked)
    finally:
        connection.execute("rollback")
    same = {key for key in before if after.get(key, ("",))[0] == before[key][0]}
    assert 0 < len(same) < len(before)
    assert all(after[key] == before[key] for key in same)
    assert any(after.get(key) != before[key] for key in set(before) - same)


# ------------------------------------------------------------------ segments over time

TOLD = "* exclude (state_id)"


@pytest.fixture
def history(edition: Connection) -> Any:
    """A market of its own with the edition's list prices, and the tables over all its days."""
    connection = duckdb.connect()
    tables.create_schemas(connection)
    for name in ("core.prices", "core.models", "core.segments", "analysis.fits",
                 "analysis.capabilities"):  # fmt: skip
        frame = edition.sql(f"select * from {name}").to_arrow_table()
        connection.register("given", frame)
        connection.execute(f"create table {name} as select * from given")
        connection.unregister("given")
    for name in ("workload_price", "price_bucket"):
        tables.create_macro(catalogue().macros[name], connection)
    yield connection
    connection.close()


def segments(connection: Connection) -> list[tuple[Any, ...]]:
    """Make the tables as a run does; returns what they say."""
    known = catalogue().tables
    for name in ("analysis.member_days", "marts.segment_members", "marts.frontier",
                 "marts.segment_standing"):  # fmt: skip
        if module := known[name].python:
            tables.build_python(module, [known[name]], connection)
        else:
            tables.build(known[name], connection)
    return [
        rows(connection, f"select {TOLD} from {name} order by all")
        for name in ("marts.segment_members", "marts.frontier", "marts.segment_standing")
    ]


def anew(connection: Connection) -> list[tuple[Any, ...]]:
    connection.execute("begin")
    for name in ("marts.segment_members", "marts.frontier", "marts.segment_standing"):
        connection.execute(f"update {name} set state_id = 'another'")
    connection.execute("delete from raw.checkpoints")
    connection.execute("delete from raw.held_states")
    connection.execute("commit")
    return segments(connection)


def test_segments_day_by_day_are_those_of_all_days_at_once(history: Connection) -> None:
    history.execute("create table whole as select * from core.prices")
    [(last,)] = rows(history, "select max(valid_from) from whole where is_list_price")
    days = [
        day
        for (day,) in rows(history, "select distinct valid_from from whole order by all")
        if last.replace(year=last.year - 1) < day
    ]
    assert len({(day.year, day.month) for day in days}) > 6
    for at, day in enumerate(days):
        history.execute(
            "create or replace table core.prices as select * replace (case when valid_to <= "
            f"date '{day}' then valid_to end as valid_to) from whole where valid_from <= '{day}'"
        )
        found = segments(history)
        if at % 5 == 0 or day == days[-1]:
            assert found == anew(history), day
    assert len(found[2]) > 500


@pytest.mark.parametrize(
    "statement",
    [
        "update core.prices set input_usd_per_mtok = input_usd_per_mtok * 0.3 "
        "where valid_from > date '2024-10-01' and is_list_price",
        "delete from core.prices where valid_from between date '2025-02-01' and date '2025-03-01'",
        "update core.prices set valid_to = valid_to - 1 where valid_to - valid_from > 3 "
        "and valid_to > date '2025-01-15'",
        "update analysis.fits set fit_id = 'another'",
        "update core.models set is_reasoning = not coalesce(is_reasoning, false)",
        "update core.segments set price_band_high_share = 0.6",
    ],
)
def test_segments_are_made_anew_from_where_something_changes(
    history: Connection, statement: str
) -> None:
    before = segments(history)
    history.execute(statement)
    found = segments(history)
    assert "fits" in statement or found[2] != before[2]
    assert found == anew(history)
    assert found == segments(history)


def test_what_was_left_for_the_next_run_may_be_of_any_run_or_missing(history: Connection) -> None:
    history.execute("create table whole as select * from core.prices")
    segments(history)
    left = rows(history, "select step, sha256, content from raw.checkpoints")
    history.execute("delete from core.prices where valid_from > date '2025-06-01'")
    segments(history)
    history.execute("create or replace table core.prices as select * from whole")
    history.execute("delete from raw.checkpoints")
    found = segments(history)
    history.execute("delete from core.prices where valid_from > date '2026-01-01'")
    history.execute("delete from raw.checkpoints")
    history.executemany("insert into raw.checkpoints values (?, ?, ?)", left)
    shorter = segments(history)
    assert shorter == anew(history)
    history.execute("create or replace table core.prices as select * from whole")
    assert segments(history) == found == anew(history)


# ------------------------------------------------------------------ price indices

INDICES = ("pipelines.analysis.price_index", "price_indices", "state_id")


@pytest.mark.parametrize(
    "statement",
    [
        "update core.prices set input_usd_per_mtok = input_usd_per_mtok * 2 where is_list_price "
        "and valid_from < date '2024-06-01'",
        "delete from core.prices where valid_from > date '2025-01-01'",
        "update analysis.capabilities set capability = capability + 1 where model_id < 'g'",
        "update core.segment_days set as_of = date '2025-03-01' where basis = 'newest'",
    ],
)
def test_indices_are_made_anew_when_a_first_of_a_month_changes(
    edition: Connection, statement: str
) -> None:
    other, stays = kept_against_anew(*INDICES, edition, statement)
    assert (other > 0, stays) == (True, 0)


def test_a_price_that_no_first_of_a_month_sees_changes_no_index(edition: Connection) -> None:
    statement = (
        "insert into core.prices by name select p.* replace ('new/model' as model_id, "
        "date '2025-02-03' as valid_from, date '2025-02-20' as valid_to) "
        "from core.prices as p where p.is_list_price limit 1"
    )
    other, stays = kept_against_anew(*INDICES, edition, statement)
    assert other == 0
    assert stays > 100
