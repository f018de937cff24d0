"""Usage around launches, by hand: windows, bounds below the floor, who succeeds whom."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.analysis.usage import (
    Series,
    Traits,
    line_of,
    past_launches,
    predecessor,
    series_of,
)

MONDAY = date(2025, 3, 3)
LATER = date(2025, 6, 1)


def week(number: int) -> date:
    return MONDAY + timedelta(7 * number)


def row(spelling: str, start: date, tokens: float, days: int = 7, **more: Any) -> dict[str, Any]:
    """One volume; the vendor is the name's first part, the version its base."""
    vendor, name = spelling.split(":")[0].split("/") if "/" in spelling else (None, None)
    return {
        "series": "weeks", "period_from": start, "period_to": start + timedelta(days),
        "spelling": spelling, "model_id": f"{vendor}/{name}" if vendor else None,
        "vendor_id": vendor, "tokens": tokens, "ended_at": None,
        "first_seen_at": datetime.combine(start + timedelta(days), datetime.min.time()),
    } | more  # fmt: skip


def launched(model_id: str, day: date) -> dict[str, Any]:
    vendor = model_id.split("/")[0]
    return {"event_id": f"launch {model_id}", "effective_on": day, "model_id": model_id,
            "vendor_id": vendor}  # fmt: skip


def traits_of(
    launches: list[dict[str, Any]],
    prices: dict[str, float] | None = None,
    thinking: tuple[str, ...] = (),
    dominated: tuple[tuple[str, str, str, float], ...] = (),
) -> Traits:
    return Traits(
        pd.DataFrame(
            [(m, date(2024, 1, 1), None, True, p) for m, p in (prices or {}).items()],
            columns=["model_id", "valid_from", "valid_to", "is_list_price", "price"],
        ),
        pd.DataFrame(columns=["known_on", "model_id", "capability"]),
        pd.DataFrame({"edge": [0.34, 0.9]}),
        pd.DataFrame(launches, columns=["event_id", "effective_on", "model_id", "vendor_id"]),
        pd.DataFrame({"model_id": thinking}),
        pd.DataFrame(dominated, columns=["event_id", "entrant_id", "incumbent_id", "probability"]),
    )


@pytest.fixture
def weeks() -> pd.DataFrame:
    """Seven weeks of a list of three; in week 2 a/model-2 takes much of a/model-1, and c/rest sinks
    below the floor."""
    rows = []
    volumes = {
        "a/model-1": [100, 120, 80, 40, 30, 30, 30],
        "a/model-2": [None, None, 50, 90, 110, 120, 120],
        "b/other": [60, 60, 60, 66, 66, 70, 70],
        "c/rest": [20, 20, None, None, None, None, None],
    }
    for spelling, tokens in volumes.items():
        rows += [row(spelling, week(n), t) for n, t in enumerate(tokens) if t is not None]
    return pd.DataFrame(rows)


# ------------------------------------------------------------------ lines and predecessors


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("v/alpha-3-5-beta2-20241022", "v/alpha-beta-4"),
        ("v/fast-2.5-pro", "v/fast-3-pro-preview"),
        ("v/zeta-2025-01-31", "v/zeta-5"),
    ],
)
def test_a_line_is_a_name_without_versions_and_stages(one: str, other: str) -> None:
    assert line_of(one) == line_of(other)


def test_words_that_name_a_product_make_another_line() -> None:
    assert len({line_of(f"v/zeta-3{word}") for word in ("", "-mini", "-pro", "-code-fast")}) == 4


def incumbents(*rows: tuple[str, str, str, float, float, date]) -> list[dict[str, Any]]:
    return (
        [
            {"product": p, "vendor": v, "line": line, "price": price, "capability": capability,
             "released_on": released, "before": 1.0}
            for p, v, line, price, capability, released in rows
        ]
    )  # fmt: skip


def test_the_newest_of_the_line_is_succeeded() -> None:
    found = predecessor(
        {"vendor": "v", "line": "pro", "price": 9.0, "capability": np.nan, "released_on": LATER},
        incumbents(
            ("old", "v", "pro", 9, np.nan, date(2024, 1, 1)),
            ("new", "v", "pro", 9, np.nan, date(2025, 1, 1)),
            ("foreign", "w", "pro", 9, np.nan, date(2025, 2, 1)),
            ("twin", "v", "pro", 9, np.nan, LATER),
        ),
    )
    assert found == ("new", "line")


def test_without_its_line_the_nearest_that_it_undercuts_is_succeeded() -> None:
    found = predecessor(
        {"vendor": "v", "line": "mini", "price": 5.0, "capability": 140.0, "released_on": LATER},
        incumbents(
            ("cheaper", "v", "x", 4, 140, date(2024, 1, 1)),
            ("far", "v", "y", 6, 120, date(2024, 1, 1)),
            ("near", "v", "z", 26, 141, date(2024, 1, 1)),
        ),
    )
    assert found == ("near", "undercut")


def test_what_costs_more_than_all_of_its_vendor_succeeds_nothing() -> None:
    rows = incumbents(("cheap", "v", "x", 4, 140, date(2024, 1, 1)))
    asked = {"vendor": "v", "line": "mini", "price": 5.0, "capability": 140.0, "released_on": LATER}
    assert predecessor(asked, rows) is None


# ------------------------------------------------------------------ series


def test_running_weeks_make_no_series() -> None:
    """Copies of an unfinished week have another length each day."""
    rows = [row("a/one", MONDAY, 10, days=n) for n in (1, 3, 7)]
    assert series_of(pd.DataFrame(rows)) == []


def test_the_rest_of_a_list_is_no_product(weeks: pd.DataFrame) -> None:
    more = pd.concat([weeks, pd.DataFrame([row("other", week(0), 999)])])
    (series,) = series_of(more)
    assert "other" not in series.products


def test_ways_of_serving_are_one_product(weeks: pd.DataFrame) -> None:
    (series,) = series_of(pd.concat([weeks, pd.DataFrame([row("b/other:free", week(0), 25)])]))
    before = series.bounds(series.products["b/other"], [0])
    assert before == (85, 85)


def test_a_volume_off_the_list_lies_between_nothing_and_the_floor(weeks: pd.DataFrame) -> None:
    (series,) = series_of(weeks)
    assert series.bounds(series.products["c/rest"], [3, 4]) == (0, (40 + 30) / 2)


def test_what_was_restated_later_counts_as_it_stood() -> None:
    read = datetime(2025, 3, 11)
    first = row("a/one", MONDAY, 10, ended_at=read)
    again = row("a/one", MONDAY, 12, first_seen_at=read)
    frame = pd.DataFrame([first, again])
    assert series_of(frame, date(2025, 3, 10))[0].volumes.tolist() == [[10]]
    assert series_of(frame)[0].volumes.tolist() == [[12]]
    assert series_of(frame, date(2025, 3, 9)) == []


def test_a_vendor_nobody_resolved_is_read_from_the_names_beside_it() -> None:
    rows = [row("x-ai/one", MONDAY, 10, vendor_id="xai"),
            row("x-ai/two", MONDAY, 5, vendor_id=None, model_id=None)]  # fmt: skip
    (series,) = series_of(pd.DataFrame(rows))
    assert series.vendors["x-ai/two"] == "xai"


# ------------------------------------------------------------------ windows


def test_windows_skip_the_week_of_the_launch(weeks: pd.DataFrame) -> None:
    launches = [launched("a/model-2", week(2) + timedelta(3))]
    found = past_launches(weeks, pd.DataFrame(launches), traits_of(launches))
    products = found.incumbents.set_index("product")
    assert products.loc["a/model-1", "before"] == (100 + 120) / 2
    assert products.loc["a/model-1", "after_low"] == (40 + 30) / 2
    assert products.loc["a/model-1", "momentum"] == pytest.approx(np.log(120 / 100))
    assert dict(products["role"]) == {
        "a/model-1": "predecessor", "b/other": "rival", "c/rest": "rival"
    }  # fmt: skip
    (entrant,) = found.entrants.to_dict("records")
    assert (entrant["kind"], entrant["predecessor"]) == ("successor", "a/model-1")
    assert (entrant["after_low"], entrant["reference"]) == ((90 + 110) / 2, 110)


def test_an_outcome_off_the_list_is_bounded_by_its_floor(weeks: pd.DataFrame) -> None:
    launches = [launched("a/model-2", week(2))]
    found = past_launches(weeks, pd.DataFrame(launches), traits_of(launches))
    lost = found.incumbents.set_index("product").loc["c/rest"]
    assert (lost["after_low"], lost["after_high"], lost["floor"]) == (0, 35, 35)


def test_no_window_reaches_into_another_series(weeks: pd.DataFrame) -> None:
    """The list continued under another count: the launch has no window after."""
    later = weeks["period_from"] >= week(3)
    split = weeks.assign(series=np.where(later, "weeks counted anew", "weeks"))
    launches = [launched("a/model-2", week(2))]
    found = past_launches(split, pd.DataFrame(launches), traits_of(launches))
    assert found.incumbents.empty
    assert found.origins["why_not"].notna().all()


def test_an_arrival_nobody_saw_is_left_out_and_said(weeks: pd.DataFrame) -> None:
    launches = [launched("d/unseen", week(2))]
    found = past_launches(weeks, pd.DataFrame(launches), traits_of(launches))
    assert found.entrants.empty
    assert found.origins["why_not"].str.contains("no entrant").all()


def test_a_second_entrant_of_the_vendor_is_no_second_successor(weeks: pd.DataFrame) -> None:
    launches = [launched("a/model-2", week(2)), launched("a/model-2-turbo", week(2))]
    found = past_launches(
        weeks, pd.DataFrame(launches),
        traits_of(launches, {"a/model-1": 4, "a/model-2": 4, "a/model-2-turbo": 2}),
    )  # fmt: skip
    assert dict(zip(found.entrants["model_id"], found.entrants["kind"], strict=True)) == {
        "a/model-2": "successor", "a/model-2-turbo": "sibling"
    }  # fmt: skip


def test_days_are_compared_over_a_week_after_a_week() -> None:
    """Days 7 to 13 after the launch, against the 7 days before it."""
    day = date(2026, 6, 1)
    rows = [row("a/one-1", day + timedelta(n), 100 + n, days=1) for n in range(-8, 15)]
    rows += [row("a/one-2", day + timedelta(n), 50, days=1) for n in range(0, 15)]
    launches = [launched("a/one-2", day)]
    found = past_launches(pd.DataFrame(rows), pd.DataFrame(launches), traits_of(launches))
    (incumbent,) = found.incumbents.to_dict("records")
    assert incumbent["before"] == np.mean([100 + n for n in range(-7, 0)])
    assert incumbent["after_low"] == np.mean([100 + n for n in range(7, 14)])
    assert incumbent["cadence"] == "daily"


# ------------------------------------------------------------------ traits


def test_a_price_first_seen_soon_after_counts_as_the_launch_price() -> None:
    prices = pd.DataFrame(
        [("a/one", date(2025, 4, 1), date(2025, 6, 1), True, 2.0),
         ("a/one", date(2025, 6, 1), None, True, 1.0)],
        columns=["model_id", "valid_from", "valid_to", "is_list_price", "price"],
    )  # fmt: skip
    empty = traits_of([])
    traits = Traits(
        prices, pd.DataFrame(columns=["known_on", "model_id", "capability"]),
        pd.DataFrame({"edge": [0.34]}), pd.DataFrame(columns=["model_id", "effective_on"]),
        pd.DataFrame(columns=["model_id"]),
        pd.DataFrame(columns=["event_id", "entrant_id", "incumbent_id", "probability"]),
    )  # fmt: skip
    assert traits.price("a/one", date(2025, 3, 3)) == 2
    assert traits.price("a/one", date(2025, 7, 1)) == 1
    assert np.isnan(traits.price("a/one", date(2024, 3, 3)))
    assert np.isnan(empty.price("a/one", date(2025, 3, 3)))


def test_a_segment_is_a_quantile_of_the_prices_on_offer_and_a_latency() -> None:
    day = date(2025, 1, 1)
    traits = traits_of([], {f"a/{n}": float(n) for n in range(11)}, thinking=("a/4",))
    found = [traits.segment(f"a/{n}", float(n), day) for n in (0, 3, 4, 9, 10)]
    assert found == [
        "fast, price band 1", "fast, price band 1", "slow, price band 2", "fast, price band 2",
        "fast, price band 3",
    ]  # fmt: skip
    assert traits.segment("a/4", float("nan"), day) == "slow, unpriced"


@pytest.mark.parametrize(("probability", "moves"), [(0.9, True), (0.4, False)])
def test_what_dominates_its_predecessor_competes_where_that_does(
    probability: float, moves: bool
) -> None:
    rows = [row(f"a/n{n}", week(w), 10 + n) for n in range(11) for w in range(5)]
    launches = [launched("a/small", week(2))]
    rows += [row("a/small", week(w), 90) for w in (3, 4)]
    traits = traits_of(
        launches, {f"a/n{n}": float(n) for n in range(11)} | {"a/small": 8.5},
        dominated=(("launch a/small", "a/small", "a/n9", probability),),
    )  # fmt: skip
    (entrant,) = past_launches(pd.DataFrame(rows), pd.DataFrame(launches), traits).entrants.to_dict(
        "records"
    )
    assert entrant["predecessor"] == "a/n9"
    assert entrant["segment"] == f"fast, price band {3 if moves else 2}"


def test_an_empty_history_has_no_series() -> None:
    frame = pd.DataFrame([row("a/one", MONDAY, 1)]).iloc[:0]
    assert series_of(frame) == []
    assert isinstance(series_of(pd.DataFrame([row("a/one", MONDAY, 1)]))[0], Series)
