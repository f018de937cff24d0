"""Verdicts around events: the rule by worked examples, and the case that started it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipelines import raw, verdicts
from pipelines.analysis import grading
from pipelines.ledger import Ledger, LedgerError
from pipelines.settings import SQL
from pipelines.sources import sources
from pipelines.tables import Connection, catalogue, create_macro, read_table

EVENT, SEGMENT = "launch", "work"


class Scene:
    """One launch by vendor `own` in one segment, and what the verdict on each model is."""

    def __init__(self, connection: Connection):
        self.connection = connection
        for schema in ("core", "analysis", "marts"):
            connection.execute(f"create schema {schema}")
        for name in (
            "marts.positioning",
            "marts.impact_states",
            "analysis.comparisons",
            "analysis.demand_forecasts",
            "core.event_models",
            "core.models",
        ):
            table = catalogue().tables[name]
            columns = ", ".join(f"{c} {_type(c)}" for c in table.columns)
            connection.execute(f"create table {name} ({columns})")
        create_macro(catalogue().macros["normal_probability"], connection)
        self.add("marts.impact_states", event_id=EVENT, basis="hindsight", state_id="told anew")

    def add(self, table: str, **values: Any) -> None:
        marks = ", ".join("?" * len(values))
        self.connection.execute(
            f"insert into {table} ({', '.join(values)}) values ({marks})", list(values.values())
        )

    def enters(self, model: str, price: float, *, is_on_frontier: bool = True) -> None:
        self.add("core.models", model_id=model, vendor_id=model.split("/")[0])
        self.add("core.event_models", event_id=EVENT, model_id=model, role="entrant")
        self._stands(model, "with", price, is_on_frontier)

    def is_there(
        self, model: str, price: float, *, had_place: bool, entrant: str, abler: float,
        falls: float | None = None, taken: float | None = None, anyway: float = 0.2,
    ) -> None:  # fmt: skip
        self.add("core.models", model_id=model, vendor_id=model.split("/")[0])
        self._stands(model, "without", price, had_place)
        self._stands(model, "with", price, had_place and abler < 0.5)
        self.add("analysis.comparisons", known_on="2024-01-01", event_id=EVENT,
                 basket_kind="segment", basket_id=SEGMENT, entrant_id=entrant, incumbent_id=model,
                 probability_entrant_above=abler, difference=1.0)  # fmt: skip
        if falls is not None:
            self.add("analysis.demand_forecasts", event_id=EVENT, basis="hindsight",
                     product=model, model_id=model, probability_falls=falls,
                     probability_falls_anyway=anyway,
                     probability_taken=taken, change_median=-0.1, trained_on=9,
                     usage="weekly usage")  # fmt: skip

    def _stands(self, model: str, side: str, price: float, is_on_frontier: bool) -> None:
        self.add("marts.positioning", day_id="day", event_id=EVENT, basis="hindsight", side=side,
                 as_of="2024-01-02", segment_id=SEGMENT, model_id=model,
                 price_3to1_usd_per_mtok=price, capability_known_on="2024-01-01",
                 is_on_frontier=is_on_frontier, probability_on_frontier=0.8,
                 dominated_by=None if is_on_frontier else "other/best")  # fmt: skip

    def verdicts(self) -> dict[str, tuple[str, float | None]]:
        rule = read_table(SQL / "marts" / "launch_impact.sql").select
        found = self.connection.execute(
            f"select model_id, verdict, verdict_probability from ({rule}) as r"
        ).fetchall()
        return {model: (verdict, None if p is None else round(p, 3)) for model, verdict, p in found}


def _type(column: str) -> str:
    if column.startswith(("is_", "has_", "was_")) or column == "takes_part":
        return "boolean"
    if column in {"as_of", "known_on", "capability_known_on"}:
        return "date"
    is_number = column.startswith(
        ("price", "probability", "capab", "members", "premium", "difference", "change", "taken_",
         "results", "dominated_by_points", "dominated_cheaper", "evidence", "trained", "diversion")
    )  # fmt: skip
    return "double" if is_number else "varchar"


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A launch of `own/new` at 2 USD."""
    connection = duckdb.connect()
    made = Scene(connection)
    made.enters("own/new", 2.0)
    yield made
    connection.close()


def test_a_loser_needs_its_place_lost_and_a_likely_fall(scene: Scene) -> None:
    scene.is_there("a/both", 3, had_place=True, entrant="own/new", abler=0.9, falls=0.6, taken=0.1)
    scene.is_there("b/place", 3, had_place=True, entrant="own/new", abler=0.9, falls=0.59, taken=0)
    scene.is_there("c/fall", 3, had_place=True, entrant="own/new", abler=0.4, falls=0.9, taken=0.1)
    scene.is_there("d/none", 3, had_place=False, entrant="own/new", abler=0.9, falls=0.9, taken=0.1)
    found = scene.verdicts()
    assert found["a/both"] == ("loser", 0.54)
    assert found["b/place"] == ("exposed", 0.9)
    assert found["c/fall"] == ("unaffected", 0.6)
    assert found["d/none"] == ("unaffected", None)


def test_who_would_fall_anyway_is_exposed_and_no_loser(scene: Scene) -> None:
    one = {"had_place": True, "entrant": "own/new", "abler": 0.9, "falls": 0.65, "taken": 0.01}
    scene.is_there("a/drifts", 3, anyway=0.65, **one)
    scene.is_there("b/pushed", 3, anyway=0.55, **one)
    found = scene.verdicts()
    assert found["a/drifts"] == ("exposed", 0.9)
    assert found["b/pushed"] == ("loser", 0.585)


def test_a_stablemate_is_cannibalised_where_the_entrant_is_as_able_and_takes_volume(
    scene: Scene,
) -> None:
    one = {"entrant": "own/new", "falls": 0.7}
    scene.is_there("own/held", 3, had_place=True, abler=0.9, taken=0.8, **one)
    scene.is_there("own/behind", 3, had_place=False, abler=0.9, taken=0.8, **one)
    scene.is_there("own/cheap", 1, had_place=True, abler=0.9, taken=0.8, **one)
    scene.is_there("own/abler", 3, had_place=True, abler=0.2, taken=0.8, **one)
    scene.is_there("a/rival", 3, had_place=True, abler=0.9, taken=0.8, **one)
    found = scene.verdicts()
    assert found["own/held"] == ("cannibalised", 0.72)
    assert found["own/behind"] == ("cannibalised", 0.72)
    assert found["own/cheap"] == ("cannibalised", 0.72)
    assert found["own/abler"] == ("unaffected", 0.8)
    assert found["a/rival"] == ("loser", 0.63)


def test_a_stablemate_that_keeps_its_volume_is_exposed(scene: Scene) -> None:
    scene.is_there("own/old", 3, had_place=True, entrant="own/new", abler=0.9, falls=0.3, taken=0.3)
    assert scene.verdicts()["own/old"] == ("exposed", 0.9)


def test_without_a_forecast_a_lost_place_is_exposed(scene: Scene) -> None:
    scene.is_there("a/old", 3, had_place=True, entrant="own/new", abler=0.9)
    scene.is_there("own/old", 3, had_place=True, entrant="own/new", abler=0.9)
    found = scene.verdicts()
    assert found["a/old"] == found["own/old"] == ("exposed", 0.9)


def test_a_dearer_entrant_takes_nobodys_place(scene: Scene) -> None:
    scene.is_there("a/cheap", 1, had_place=True, entrant="own/new", abler=0.99, falls=0.9, taken=0)
    assert scene.verdicts()["a/cheap"] == ("unaffected", 1.0)


def test_an_entrant_wins_with_the_probability_that_it_is_on_the_frontier(scene: Scene) -> None:
    scene.enters("own/weak", 9.0, is_on_frontier=False)
    found = scene.verdicts()
    assert found["own/new"] == ("winner", 0.8)
    assert found["own/weak"] == ("unaffected", 0.2)


# ------------------------------------------------------------------ o1-mini, 12 September 2024

EVERY_MARKET = pytest.mark.parametrize(
    "name", ["edition", pytest.param("archive_warehouse", marks=pytest.mark.archive)]
)


def judged(connection: Connection, basis: str) -> dict[tuple[str, str], dict[str, Any]]:
    answer = connection.execute(
        "select * from marts.launch_impact where event_id = 'o1-mini' and basis = ?", [basis]
    )
    names = [column[0] for column in answer.description]
    found = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return {(row["segment_id"], row["model_id"]): row for row in found}


@EVERY_MARKET
@pytest.mark.parametrize("basis", ["day_after", "hindsight"])
def test_o1_mini_cannibalises_o1_preview_and_makes_no_loser(
    name: str, basis: str, request: pytest.FixtureRequest
) -> None:
    found = judged(request.getfixturevalue(name), basis)
    for segment in ("math_reasoning", "algorithmic_coding", "premium_reasoning"):
        row = found[segment, "openai/o1-preview-2024-09-12"]
        assert (row["verdict"], row["verdict_probability"] >= 0.8) == ("cannibalised", True)
        assert all(row[fact] for fact in ("deciding_fact", "comparison_fact", "demand_fact"))
    # Exposed at most where nothing but problems with a checkable answer is asked.
    connection: Connection = request.getfixturevalue(name)
    others = connection.execute(
        "select distinct segment_id from core.segment_baskets where ability_id not in "
        "('competition_math', 'algorithmic_coding', 'reasoning')"
    ).fetchall()
    reasoning = {segment for segment, _ in found} - {segment for (segment,) in others}
    assert reasoning == {"math_reasoning", "algorithmic_coding", "premium_reasoning"}
    for (segment, model), row in found.items():
        assert row["verdict"] != "loser"
        if model == "anthropic/claude-3-5-sonnet-20240620":
            assert row["verdict"] in ({"unaffected", "exposed"} if segment in reasoning
                                      else {"unaffected"})  # fmt: skip
        if model.startswith("google/gemini-1.5-flash"):
            assert row["verdict"] == "unaffected"


# ------------------------------------------------------------------ on record

NOW = datetime(2026, 11, 27, 6, 15, tzinfo=UTC)


@pytest.fixture
def due(edition: Connection, tmp_path: Path) -> Iterator[tuple[Connection, Ledger]]:
    """The verdicts that are due of the edition, in a warehouse of its own, and an empty ledger."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    raw.create_tables(connection, sources().values())
    table = edition.sql("select * from marts.verdicts_due").to_arrow_table()
    connection.register("given", table)
    connection.execute("create table marts.verdicts_due as select * from given")
    connection.unregister("given")
    yield connection, Ledger(tmp_path / "ledger.jsonl")
    connection.close()


def on_record(connection: Connection) -> list[tuple[Any, ...]]:
    rule = read_table(SQL / "marts" / "verdicts.sql").select
    return connection.execute(
        "select record, is_standing, event_id, segment_id, model_id, verdict, "
        "round(verdict_probability, 6) as p "
        f"from ({rule}) as r order by all"
    ).fetchall()


def test_a_verdict_is_recorded_once(due: tuple[Connection, Ledger]) -> None:
    connection, ledger = due
    before = on_record(connection)
    assert {row[0] for row in before} == {"not recorded"}
    made = verdicts.record(connection, ledger, NOW)
    assert made == len({row[2] for row in before}) > 3
    once = ledger.path.read_bytes()
    assert verdicts.record(connection, ledger, NOW + timedelta(1)) == 0
    assert ledger.path.read_bytes() == once
    after = on_record(connection)
    assert {row[0] for row in after} == {"back-cast"}
    assert [row[1:] for row in after] == [row[1:] for row in before]


def test_a_verdict_of_the_week_is_live_and_final(due: tuple[Connection, Ledger]) -> None:
    connection, ledger = due
    known_by = datetime(2024, 9, 13, 6, 15, tzinfo=UTC)
    connection.execute("delete from marts.verdicts_due where event_id <> 'o1-mini'")
    assert verdicts.record(connection, ledger, known_by - timedelta(1)) == 0
    assert verdicts.record(connection, ledger, known_by + timedelta(7)) == 1
    live = on_record(connection)
    assert {row[:2] for row in live} == {("live", True)}
    connection.execute("update marts.verdicts_due set capability = capability + 1")
    assert verdicts.record(connection, ledger, known_by + timedelta(8)) == 0
    assert on_record(connection) == live


def test_a_backcast_from_other_inputs_stands_beside_the_old_one(
    due: tuple[Connection, Ledger],
) -> None:
    connection, ledger = due
    connection.execute("delete from marts.verdicts_due where event_id <> 'o1-mini'")
    verdicts.record(connection, ledger, NOW)
    first = ledger.path.read_text()
    connection.execute("update marts.verdicts_due set verdict = 'exposed' where not is_entrant")
    assert verdicts.record(connection, ledger, NOW + timedelta(1)) == 1
    assert ledger.path.read_text().startswith(first)
    found = on_record(connection)
    assert {verdict for _, standing, *_, verdict, _ in found if standing} == {"winner", "exposed"}
    assert "cannibalised" in {row[5] for row in found if not row[1]}


def test_a_verdict_that_was_changed_on_disk_is_refused(due: tuple[Connection, Ledger]) -> None:
    connection, ledger = due
    verdicts.record(connection, ledger, NOW)
    ledger.path.write_text(ledger.path.read_text().replace("cannibalised", "unaffected", 1))
    with pytest.raises(LedgerError, match=r"line \d+: changed"):
        verdicts.record(connection, ledger, NOW)


# ------------------------------------------------------------------ grades

NOTHING = dict.fromkeys(
    ("has_fallen", "has_risen", "is_on_frontier", "is_place_lost", "price_change_share",
     "deprecated_on", "shutdown_on")
)  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "seen", "outcome", "is_scored"),
    [
        ("loser", {"has_fallen": True}, "upheld", True),
        ("loser", {"has_fallen": False, "deprecated_on": NOW.date()}, "refuted", True),
        ("loser", {"price_change_share": -0.5}, "upheld", False),
        ("loser", {}, "not observed", False),
        ("cannibalised", {"has_fallen": True}, "upheld", True),
        ("cannibalised", {"has_fallen": False}, "refuted", True),
        ("cannibalised", {"shutdown_on": NOW.date()}, "upheld", False),
        ("cannibalised", {"price_change_share": -0.5}, "not observed", False),
        ("exposed", {"is_on_frontier": False, "is_place_lost": True}, "upheld", True),
        ("exposed", {"is_on_frontier": False, "is_place_lost": False}, "refuted", True),
        ("exposed", {"is_on_frontier": True}, "refuted", True),
        ("exposed", {"is_on_frontier": True, "price_change_share": -0.5}, "upheld", True),
        ("exposed", {"is_on_frontier": False}, "not observed", False),
        ("winner", {"is_on_frontier": True}, "upheld", True),
        ("winner", {"is_on_frontier": False}, "refuted", True),
        ("winner", {}, "not observed", False),
        ("gets no place", {"is_on_frontier": False}, "upheld", True),
        ("gets no place", {"is_on_frontier": True}, "refuted", True),
        ("unaffected", {"is_on_frontier": True}, "upheld", True),
        ("unaffected", {"is_on_frontier": False, "is_place_lost": True}, "refuted", True),
        ("unaffected", {"is_on_frontier": False, "is_place_lost": False}, "upheld", True),
        ("unaffected", {"has_fallen": True}, "not observed", False),
        ("unaffected", {"is_on_frontier": False}, "not observed", False),
        ("gains volume", {"has_risen": True, "is_on_frontier": False}, "upheld", True),
        ("gains volume", {"has_risen": False, "is_on_frontier": True}, "refuted", True),
        ("gains volume", {"is_on_frontier": True}, "not observed", False),
        ("withdrawn", {"shutdown_on": NOW.date()}, "upheld", False),
        ("withdrawn", {"deprecated_on": NOW.date()}, "not observed", False),
    ],
)
def test_a_grade_follows_from_what_was_seen(
    verdict: str, seen: dict[str, Any], outcome: str, is_scored: bool
) -> None:
    found, because, scored = grading.grade(verdict, NOTHING | seen)
    assert (found, scored) == (outcome, is_scored)
    assert because


def listed(days: int, volumes: dict[str, list[float]], first: date) -> pd.DataFrame:
    rows = [
        ("weekly", first + timedelta(days * at), first + timedelta(days * (at + 1)),
         f"a/{name}", f"a/{name}", "a", tokens, datetime(2025, 6, 1), None)
        for name, own in volumes.items()
        for at, tokens in enumerate(own)
        if tokens
    ]  # fmt: skip
    columns = ["series", "period_from", "period_to", "spelling", "model_id", "vendor_id", "tokens",
               "first_seen_at", "ended_at"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def test_volume_is_compared_within_bounds_and_never_beyond_the_list() -> None:
    first = date(2025, 1, 6)
    frame = listed(7, {
        "falls": [100] * 2 + [50] * 6, "stays": [100] * 2 + [98] * 6,
        "leaves": [100] * 2 + [0] * 6, "small": [20] * 2 + [0] * 6,
        "comes": [0] * 2 + [40] * 6, "least": [19.5] * 8,
    }, first)  # fmt: skip
    volumes = grading.Volumes(frame)
    since, until = first + timedelta(14), first + timedelta(50)
    seen = {
        name: volumes.change(f"a/{name}", since, until)
        for name in ("falls", "stays", "leaves", "small", "comes", "absent")
    }
    assert seen["falls"]["volume_change_low"] == pytest.approx(-0.5)
    assert {name: found["has_fallen"] for name, found in seen.items()} == {
        "falls": True, "stays": False, "leaves": True, "small": None, "comes": False,
        "absent": None,
    }  # fmt: skip
    assert {name for name, found in seen.items() if found["has_risen"]} == {"comes"}
    assert seen["comes"]["volume_change_low"] == pytest.approx(40 / 19.5 - 1)
    assert seen["comes"]["volume_change_high"] is None
    assert seen["small"]["volume_change_low"] == pytest.approx(-1)
    assert seen["small"]["volume_why_not"] == grading.OPEN
    assert seen["absent"]["volume_why_not"] == grading.NOT_LISTED
    after_the_end = volumes.change("a/falls", since, until + timedelta(40))
    assert after_the_end["has_fallen"] is None
    assert after_the_end["volume_why_not"] == grading.NO_LIST
    assert grading.Volumes(frame[:0]).change("a/falls", since, until)["volume_why_not"]


def test_a_name_that_comes_to_mean_another_version_grades_none() -> None:
    first = date(2025, 1, 6)
    frame = listed(7, {"moves": [100] * 8, "least": [19.5] * 8}, first)
    is_later = (frame["spelling"] == "a/moves") & (frame["period_from"] > first + timedelta(30))
    frame.loc[is_later, "model_id"] = "a/next"
    volumes = grading.Volumes(frame)
    for model in ("a/moves", "a/next"):
        seen = volumes.change(model, first + timedelta(14), first + timedelta(50))
        assert (seen["has_fallen"], seen["volume_why_not"]) == (None, grading.ANOTHER)


@pytest.mark.parametrize(
    "name", ["edition", "warehouse", pytest.param("archive_warehouse", marks=pytest.mark.archive)]
)
def test_a_grade_is_pending_until_its_day_and_says_what_it_saw(
    name: str, request: pytest.FixtureRequest
) -> None:
    connection: Connection = request.getfixturevalue(name)
    found = connection.execute(
        "select g.*, v.as_of, (select max(d.as_of) from core.segment_days as d "
        "where d.basis = 'newest') as newest from marts.verdict_grades as g "
        "inner join marts.verdicts as v on v.verdict_id = g.verdict_id"
    ).df()
    assert len(found) == 3 * connection.execute("select count(*) from marts.verdicts").fetchone()[0]
    is_pending = found["outcome"] == "pending"
    assert (is_pending == (found["graded_on"] > found["newest"])).all()
    assert not found.loc[is_pending, ["is_on_frontier", "has_fallen", "price_change_share"]].notna().any(axis=None)  # fmt: skip  # noqa: E501
    told = found[found["has_fallen"].notna()]
    assert told["volume_series"].notna().all()
    retired = found[found["deprecated_on"].notna() | found["shutdown_on"].notna()]
    assert retired["retirement_publisher"].notna().all()
    assert (retired["deprecated_on"].fillna(retired["shutdown_on"]) <= retired["graded_on"]).all()


def test_who_wins_volume_alone_is_not_graded_by_a_place(edition: Connection) -> None:
    found = edition.execute(
        "select v.has_won_place, count(*), sum(case when g.because like '%frontier%' then 1 end) "
        "from marts.verdict_grades as g inner join marts.verdicts as v "
        "on v.verdict_id = g.verdict_id where v.verdict = 'winner' group by all"
    ).fetchall()
    by_place = {won: on_place for won, _, on_place in found}
    assert by_place.get(False) is None
    assert by_place[True] > 3


def test_the_scorecard_counts_every_verdict_once(edition: Connection) -> None:
    verdict_count, scored, brier = edition.execute(
        "select verdicts, scored, brier_score from marts.scorecard where horizon_days = 30 "
        "and verdict = 'all' and segment_id = 'all' and event_kind = 'all'"
    ).fetchall()[0]
    assert verdict_count == edition.execute("select count(*) from marts.verdicts").fetchone()[0]
    by_hand = edition.execute(
        "select v.verdict_probability as p, g.outcome = 'upheld' as came from marts.verdicts as v "
        "inner join marts.verdict_grades as g on g.verdict_id = v.verdict_id "
        "where g.horizon_days = 30 and g.is_scored"
    ).df()
    assert scored == len(by_hand) > 20
    kinds = edition.execute(
        "select event_kind, verdicts from marts.scorecard where horizon_days = 30 "
        "and verdict = 'all' and segment_id = 'all' and event_kind <> 'all'"
    ).fetchall()
    assert {kind for kind, _ in kinds} == {"launch", "price_change", "retirement"}
    assert sum(count for _, count in kinds) == verdict_count
    assert brier == pytest.approx(((by_hand["p"] - by_hand["came"]) ** 2).mean())


# ------------------------------------------------------------------ companies


def test_nobody_is_judged_before_it_existed_or_had_its_role(edition: Connection) -> None:
    found = edition.execute(
        "select i.company_id, i.verdict, i.deciding_fact, d.as_of, c.began_on_earliest, "
        "c.began_on_latest, c.role_since, c.role_until from marts.company_impact as i "
        "inner join core.companies as c on c.company_id = i.company_id "
        "inner join core.segment_days as d on d.event_id = i.event_id and d.basis = 'hindsight'"
    ).fetchall()
    words = set()
    for _, verdict, fact, day, earliest, latest, since, until in found:
        is_sure = latest <= day and (since or latest) <= day and (until is None or day < until)
        assert (verdict == "not_judged") == (not is_sure)
        if earliest > day:
            assert fact.startswith("did not exist yet")
        words.add(verdict)
    assert words == {"winner", "exposed", "unaffected", "not_judged"}


def test_mathematics_products_split_by_role_at_o1_mini(edition: Connection) -> None:
    found = dict(
        edition.execute(
            "select company_id, verdict from marts.company_impact where event_id = 'o1-mini'"
        ).fetchall()
    )
    assert found["chegg"] == "exposed"
    assert found["khanmigo"] == "winner"
    assert found["numina"] == found["photomath"] == found["harmonic"] == "unaffected"
    assert found["axiom_math"] == found["mathiq"] == "not_judged"


def test_what_only_general_knowledge_says_is_graded_so(edition: Connection) -> None:
    graded = edition.execute(
        "select distinct evidence_grade from core.companies where source_url like 'docs/%'"
    ).fetchall()
    assert graded == [("memory",)]


# ------------------------------------------------------------------ repricings and withdrawals


def test_a_repricing_or_withdrawal_says_who_wins_and_who_loses(edition: Connection) -> None:
    words = (
        "select event_kind, is_concerned, verdict, count(*) from marts.event_impact group by all"
    )
    found = {(kind, own, verdict) for kind, own, verdict, _ in edition.execute(words).fetchall()}
    assert ("retirement", True, "withdrawn") in found
    assert {own for kind, own, verdict in found if verdict == "withdrawn"} == {True}
    assert ("price_change", True, "winner") in found
    assert ("price_change", False, "exposed") in found
    wrong = edition.execute(
        "select * from marts.event_impact where verdict = 'loser' and not "
        "(was_on_frontier and not coalesce(is_on_frontier, false) "
        "and probability_volume_falls >= 0.6 and probability_volume_falls_anyway < 0.6)"
    ).fetchall()
    assert wrong == []


def test_the_price_cut_of_a_cheap_model_wins_it_the_frontier(edition: Connection) -> None:
    """Gemini 1.5 Flash, August 2024: from $0.35/$1.05 to $0.075/$0.30."""
    found = edition.execute(
        "select verdict, price_before_usd_per_mtok, price_after_usd_per_mtok, demand_fact "
        "from marts.event_impact where is_concerned and segment_id = 'capable_low_cost' "
        "and event_id = 'price of google/gemini-1.5-flash-001 from 2024-08-12' "
        "and basis = 'hindsight'"
    ).fetchall()
    assert [row[0] for row in found] == ["winner"]
    assert [float(price) for price in found[0][1:3]] == pytest.approx([0.525, 0.13125])
    assert found[0][3]


def test_nobody_loses_a_place_to_a_price_that_did_not_pass_it(edition: Connection) -> None:
    odd = edition.execute(
        "select * from marts.event_impact where not is_concerned and probability_place_lost > 0 "
        "and not (concerned_price_after_usd_per_mtok <= price_after_usd_per_mtok "
        "and concerned_price_before_usd_per_mtok > price_before_usd_per_mtok)"
    ).fetchall()
    assert odd == []


@EVERY_MARKET
def test_a_withdrawal_is_judged_by_the_market_as_it_was_known(
    name: str, request: pytest.FixtureRequest
) -> None:
    """Places with it are those that `standing_on` gives for its day by its known time."""
    connection: Connection = request.getfixturevalue(name)
    asked = connection.execute(
        "select distinct i.event_id, i.segment_id, i.concerned_id, i.effective_on, i.known_by "
        "from marts.event_impact as i where i.basis = 'day_after' and i.event_kind = 'retirement' "
        "order by i.event_id, i.segment_id"
    ).fetchall()
    assert all(day < known for *_, day, known in asked)
    chosen = asked[:: max(len(asked) // 6, 1)]
    assert len(chosen) >= 6
    for event, segment, concerned, day, known in chosen:
        told = connection.execute(
            "select model_id, is_on_frontier, price_after_usd_per_mtok from marts.event_impact "
            "where event_id = ? and segment_id = ? and basis = 'day_after' "
            "and is_on_frontier is not null order by model_id",
            [event, segment],
        ).fetchall()
        there = connection.execute(
            "select model_id, is_on_frontier, price_3to1_usd_per_mtok "
            f"from standing_on('{segment}', '{day}', '{known}') order by model_id"
        ).fetchall()
        assert told == there
        assert concerned not in {model for model, *_ in told}


@EVERY_MARKET
def test_nobody_wins_by_a_withdrawal_that_is_withdrawn_that_day_or_has_no_volume_to_leave(
    name: str, request: pytest.FixtureRequest
) -> None:
    connection: Connection = request.getfixturevalue(name)
    odd = connection.execute(
        "select i.event_id, i.model_id from marts.event_impact as i "
        "inner join core.shift_days as d on d.model_id = i.model_id and d.basis = i.basis "
        "and d.event_kind = 'retirement' and d.effective_on <= i.effective_on "
        "and d.known_by <= i.known_by where i.verdict = 'winner'"
    ).fetchall()
    assert odd == []
    unseen = connection.execute(
        "select distinct i.event_id from marts.event_impact as i inner join "
        "analysis.shift_forecasts as f on f.event_id = i.event_id and f.basis = i.basis "
        "where i.verdict = 'winner' and not i.has_won_place and not f.concerned_is_listed"
    ).fetchall()
    assert unseen == []


def test_repricings_and_withdrawals_are_put_on_record(edition: Connection) -> None:
    found = edition.execute(
        "select v.event_kind, count(distinct v.event_id), bool_and(v.known_by > v.as_of), "
        "bool_and(e.severity <> 'minor'), bool_and(v.known_by >= e.known_on) "
        "from marts.verdicts_due as v "
        "inner join core.events as e on e.event_id = v.event_id group by v.event_kind"
    ).fetchall()
    counts = {kind: (events > 2, *rest) for kind, events, *rest in found}
    assert counts["price_change"] == counts["retirement"] == (True, True, True, True)
    easy = edition.execute(
        "select v.* from marts.verdicts_due as v inner join marts.event_impact as i "
        "on i.event_id = v.event_id and i.segment_id = v.segment_id and i.model_id = v.model_id "
        "and i.basis = 'day_after' where v.verdict = 'unaffected' and not v.is_entrant "
        "and not (i.was_on_frontier and i.concerned_has_place)"
    ).fetchall()
    assert easy == []


def test_a_verdict_on_an_event_that_was_learnt_late_is_a_back_cast(
    due: tuple[Connection, Ledger],
) -> None:
    connection, ledger = due
    connection.execute("delete from marts.verdicts_due where event_kind <> 'retirement'")
    connection.execute("update marts.verdicts_due set as_of = known_by - 30")
    connection.execute(
        "delete from marts.verdicts_due where event_id <> "
        "(select min(d.event_id) from marts.verdicts_due as d)"
    )
    ((known_by,),) = connection.execute("select max(known_by) from marts.verdicts_due").fetchall()
    moment = datetime(known_by.year, known_by.month, known_by.day, 12, tzinfo=UTC)
    assert verdicts.record(connection, ledger, moment) == 1
    assert {row[0] for row in on_record(connection)} == {"back-cast"}


@EVERY_MARKET
def test_an_event_has_verdicts_or_a_reason_for_none(
    name: str, request: pytest.FixtureRequest
) -> None:
    connection: Connection = request.getfixturevalue(name)
    missing = connection.execute(
        "select e.event_id from core.events as e where e.event_kind <> 'alias_move' "
        "and (select count(*) from marts.unjudged_events as u where u.event_id = e.event_id) "
        "+ (select count(distinct v.event_id) from marts.verdicts as v "
        "where v.event_id = e.event_id) <> 1"
    ).fetchall()
    assert missing == []
    told = connection.execute(
        "select u.because, count(*) from marts.unjudged_events as u group by u.because"
    ).fetchall()
    assert len(told) > 3
