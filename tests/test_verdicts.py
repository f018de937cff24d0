"""Verdicts around events: the rule by worked examples, and the case that started it."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipelines.settings import SQL
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
            "analysis.comparisons",
            "analysis.demand_forecasts",
            "core.event_models",
            "core.models",
        ):
            table = catalogue().tables[name]
            columns = ", ".join(f"{c} {_type(c)}" for c in table.columns)
            connection.execute(f"create table {name} ({columns})")
        create_macro(catalogue().macros["normal_probability"], connection)

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
        falls: float | None = None, taken: float | None = None,
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
    reasoning = {"math_reasoning", "algorithmic_coding", "premium_reasoning"}
    for (segment, model), row in found.items():
        assert row["verdict"] != "loser"
        if model == "anthropic/claude-3-5-sonnet-20240620":
            assert row["verdict"] in ({"unaffected", "exposed"} if segment in reasoning
                                      else {"unaffected"})  # fmt: skip
        if model.startswith("google/gemini-1.5-flash"):
            assert row["verdict"] == "unaffected"
