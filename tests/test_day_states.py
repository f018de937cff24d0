"""What the market of a day follows from, by which tables are kept: a change is always seen."""

from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pytest
from feeds import rows

from pipelines import raw, tables
from pipelines.analysis import day_states
from pipelines.sources import sources
from pipelines.tables import Connection, catalogue, read_frames

POSITIONING = catalogue().tables["marts.positioning"]
IDS = ["day_id", "offers_id", "market_id", "standing_id"]
#: Days up to which the archive is loaded one after the other.
STOPS = (date(2026, 5, 5), date(2026, 5, 20), date(2026, 8, 31))


def states(connection: Connection) -> dict[str, tuple[str, str]]:
    """By day: what its offers follow from, and its standings."""
    found = day_states.compute(**read_frames(day_states.READS, connection))["day_states"]
    return {row.day_id: (row.offers_id, row.standing_id) for row in found.itertuples()}


def changed(connection: Connection, statement: str) -> tuple[set[str], set[str]]:
    """Days whose offers, and whose standings, have another state after a statement."""
    before = states(connection)
    connection.execute("begin")
    try:
        connection.execute(statement)
        after = states(connection)
    finally:
        connection.execute("rollback")
    return tuple(  # type: ignore[return-value]
        {day for day in before if before[day][at] != after[day][at]} for at in (0, 1)
    )


def days(connection: Connection, condition: str) -> set[str]:
    asked = f"select day_id from core.segment_days where {condition}"
    return {day for (day,) in rows(connection, asked)}


CLAIM = (
    "(select min_by(c.claim_id, c.known_at) from core.price_claims as c "
    "where c.holds_from between date '2024-08-01' and date '2024-12-31' "
    "and c.listing_ended_known_at is null)"
)


@pytest.mark.parametrize("column", ["input_usd_per_mtok", "output_usd_per_mtok"])
def test_another_price_is_another_state_from_when_it_holds_or_was_known(
    edition: Connection, column: str
) -> None:
    [(holds_from, known_on)] = rows(
        edition,
        "select holds_from, cast(known_at as date) from core.price_claims "
        f"where claim_id = {CLAIM}",
    )
    offers, standings = changed(
        edition, f"update core.price_claims set {column} = {column} * 2 where claim_id = {CLAIM}"
    )
    later = days(
        edition,
        f"case when known_by = date '9999-12-31' then as_of >= date '{holds_from}' "
        f"else known_by >= date '{known_on}' end",
    )
    assert offers == standings == later
    assert 0 < len(later) < len(states(edition))


def test_an_end_changes_no_day_before_it_was_known_or_held(edition: Connection) -> None:
    offers, _ = changed(
        edition,
        "update core.price_claims set listing_valid_to = date '2025-06-01', "
        f"listing_ended_known_at = timestamp '2025-07-01' where claim_id = {CLAIM}",
    )
    assert offers == days(
        edition,
        "case when known_by = date '9999-12-31' then as_of >= date '2025-06-01' "
        "else known_by >= date '2025-07-01' end",
    )


def as_tables(found: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """What a step computed, as its tables have it."""
    return {
        name: found[name][list(catalogue().tables[f"analysis.{name}"].columns)].copy()
        for name in ("day_states", "shift_states")
    }


def test_much_hindsight_is_left_for_later_and_nothing_else(edition: Connection) -> None:
    told = day_states.compute(**read_frames(day_states.READS, edition))
    before = as_tables(told)
    edition.execute("begin")
    try:
        edition.execute(
            "update core.price_claims set input_usd_per_mtok = input_usd_per_mtok * 2 "
            f"where claim_id = {CLAIM}"
        )
        frames = read_frames(day_states.READS, edition)
    finally:
        edition.execute("rollback")
    made = day_states.compute(**frames)
    left = day_states.compute(**frames, before=before, may_defer=True)
    assert left["is_deferred"]
    assert not made["is_deferred"]
    is_hindsight = made["day_states"]["basis"] == "hindsight"
    then, now, found = (frame["day_states"][IDS] for frame in (told, made, left))
    assert (now != then).any(axis=1)[is_hindsight].any()
    pd.testing.assert_frame_equal(found[is_hindsight], then[is_hindsight])
    pd.testing.assert_frame_equal(found[~is_hindsight], now[~is_hindsight])
    of_shifts = made["shift_states"]["basis"] == "hindsight"
    then, now, found = (frame["shift_states"]["market_id"] for frame in (told, made, left))
    assert (found[of_shifts] == then[of_shifts]).all()
    assert (found[~of_shifts] == now[~of_shifts]).all()
    assert (now != then)[of_shifts].any()
    same = day_states.compute(**frames, before=as_tables(made), may_defer=True)
    assert not same["is_deferred"]


def test_a_little_hindsight_is_told_at_once(edition: Connection) -> None:
    frames = read_frames(day_states.READS, edition)
    made = day_states.compute(**frames)
    before = as_tables(made)
    few = before["day_states"]
    hindsight = few.index[few["basis"] == "hindsight"]
    few.loc[hindsight[: day_states.AT_ONCE], "standing_id"] = "another"
    found = day_states.compute(**frames, before=before, may_defer=True)
    assert not found["is_deferred"]
    pd.testing.assert_frame_equal(found["day_states"], made["day_states"])
    few.loc[hindsight[: day_states.AT_ONCE + 1], "standing_id"] = "another"
    assert day_states.compute(**frames, before=before, may_defer=True)["is_deferred"]


def markets(connection: Connection) -> dict[str, str]:
    """By day of a launch, repricing or withdrawal: what its forecast takes from the market."""
    found = day_states.compute(**read_frames(day_states.READS, connection))
    both = pd.concat([found["day_states"], found["shift_states"]])
    return dict(zip(both["day_id"], both["market_id"], strict=True))


def markets_changed(connection: Connection, statement: str) -> set[str]:
    before, offers = markets(connection), states(connection)
    connection.execute("begin")
    try:
        connection.execute(statement)
        after = markets(connection)
        assert states(connection) == offers
    finally:
        connection.execute("rollback")
    return {day for day in before if before[day] != after[day]}


def test_other_days_of_launch_are_other_markets_and_the_same_offers(edition: Connection) -> None:
    found = markets_changed(
        edition,
        "update core.events set effective_on = effective_on + 1 where event_kind = 'launch'",
    )
    assert len(found) > 0.9 * len(markets(edition))


@pytest.mark.parametrize("by", [-1, 1, 45])
def test_a_day_of_launch_matters_to_the_vendor_and_to_those_of_the_month(
    edition: Connection, by: int
) -> None:
    """Of others only whether the model was there, and new, counts."""
    [(event, vendor, launched_on)] = rows(
        edition,
        "select e.event_id, min(m.vendor_id), e.effective_on from core.events as e "
        "inner join core.event_models as v on v.event_id = e.event_id "
        "inner join core.models as m on m.model_id = v.model_id "
        "where e.event_kind = 'launch' and e.severity = 'major' "
        "and e.effective_on > date '2024-06-01' group by all order by e.effective_on limit 1",
    )
    found = markets_changed(
        edition,
        f"update core.events set effective_on = effective_on + {by} where event_id = '{event}'",
    )
    own = days(
        edition,
        "event_id in (select v.event_id from core.event_models as v inner join core.models as m "
        f"on m.model_id = v.model_id where m.vendor_id = '{vendor}') "
        f"and as_of > date '{launched_on}' + 400",
    )
    far = days(edition, f"as_of > date '{launched_on}' + {max(by, 0)} + 200") - days(
        edition,
        "event_id in (select v.event_id from core.event_models as v inner join core.models as m "
        f"on m.model_id = v.model_id where m.vendor_id = '{vendor}')",
    )
    assert own
    assert own <= found
    assert far
    assert not far & found


@pytest.mark.parametrize(
    ("statement", "whose"),
    [
        ("delete from analysis.fits where known_on = (select max(known_on) from analysis.fits)",
         "standing"),
        ("update core.segment_baskets set weight = weight * 0.9", "standing"),
        ("update core.segments set price_band_high_share = 0.5", "standing"),
        ("update core.models set is_reasoning = not coalesce(is_reasoning, false)", "offers"),
        ("update core.lineages set reliability_rank = reliability_rank + 1", "offers"),
        ("update core.offerings set is_list_price = not is_list_price", "offers"),
    ],
)  # fmt: skip
def test_whatever_a_standing_follows_from_is_in_its_state(
    edition: Connection, statement: str, whose: str
) -> None:
    offers, standings = changed(edition, statement)
    assert standings == (standings if whose == "standing" else offers)
    assert len(standings) > (1 if "fits" in statement else 0.9 * len(states(edition)))
    assert bool(offers) == (whose == "offers")


def test_a_table_kept_by_state_makes_only_the_days_anew_that_have_another(
    edition: Connection,
) -> None:
    before = rows(edition, "select * from marts.positioning order by all")
    [(day,)] = rows(edition, "select min(day_id) from marts.positioning")
    try:
        edition.execute("update marts.positioning set capability = -1")
        edition.execute(
            "update marts.positioning set standing_id = 'another' where day_id = ?", [day]
        )
        edition.execute("delete from raw.held_states where name = 'marts.positioning'")
        tables.build(POSITIONING, edition)
        touched = rows(
            edition, "select distinct day_id from marts.positioning where capability >= 0"
        )
        assert touched == [(day,)]
    finally:
        edition.execute("update marts.positioning set standing_id = 'another'")
        edition.execute("delete from raw.held_states where name = 'marts.positioning'")
        tables.build(POSITIONING, edition)
    assert rows(edition, "select * from marts.positioning order by all") == before


@pytest.mark.archive
def test_days_of_one_state_have_the_same_offers_and_what_is_kept_is_as_made_anew(
    archive_snapshots: raw.Snapshots, tmp_path: Any
) -> None:
    """The archive loaded up to one day after the other, in one warehouse."""
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values())
    waiting = sorted(archive_snapshots.fetches(), key=lambda fetch: fetch.fetched_at)
    log = raw.Snapshots(tmp_path)
    log.read = archive_snapshots.read  # type: ignore[method-assign]
    seen: dict[tuple[str, str], Any] = {}
    kept = 0
    for stop in STOPS:
        log.append([f for f in waiting if f.fetched_at[:10] <= stop.isoformat()])
        waiting = [f for f in waiting if f.fetched_at[:10] > stop.isoformat()]
        for source in sources().values():
            raw.load(connection, source, log)
        tables.build_all(connection, ["marts.positioning"])
        for day_id, offers_id, offers in rows(
            connection,
            "select d.day_id, d.offers_id, (select bit_xor(hash(p)) from "
            "prices_on(d.as_of, d.known_by) as p) from analysis.day_states as d",
        ):
            kept += (day_id, offers_id) in seen
            assert seen.setdefault((day_id, offers_id), offers) == offers, day_id
    assert kept > 0.8 * len(states(connection))
    found = rows(connection, "select * from marts.positioning order by all")
    connection.execute("drop table marts.positioning")
    tables.build(POSITIONING, connection)
    assert rows(connection, "select * from marts.positioning order by all") == found
    connection.close()
