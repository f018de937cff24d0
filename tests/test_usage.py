"""Usage around launches, by hand: windows, bounds below the floor, who succeeds whom."""

import zlib
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.analysis import usage
from pipelines.analysis.usage import (
    Prices,
    Series,
    Traits,
    line_of,
    predecessor,
    series_of,
)
from pipelines.analysis.windows import compute
from pipelines.tables import Connection

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
) -> Traits:
    return Traits(
        pd.DataFrame(columns=["known_on", "model_id", "capability"]),
        pd.DataFrame({"edge": [0.34, 0.9]}),
        pd.DataFrame(launches, columns=["event_id", "effective_on", "model_id", "vendor_id"]),
        pd.DataFrame({"model_id": thinking}),
        pd.DataFrame(columns=["event_id", "entrant_id", "incumbent_id"]),
    ).on_day(prices or {})


def windows_of(
    usage: pd.DataFrame,
    launches: list[dict[str, Any]],
    prices: dict[str, float] | None = None,
    on_offer: dict[str, float] | None = None,
    dominated: tuple[tuple[str, str, str], ...] = (),
    kept: frozenset[str] = frozenset(),
) -> dict[str, pd.DataFrame]:
    """The tables; prices hold for ever, and without `on_offer` they are all list prices known on
    every day of launch."""
    prices = prices or {}
    on_offer = prices if on_offer is None else on_offer
    told = usage[usage["tokens"].notna()]
    periods = pd.DataFrame(
        [
            (series, since, (until - since).days, until, None,
             zlib.crc32(rows.to_csv().encode() + repr(prices).encode()))
            for (series, since, until), rows in told.groupby(["series", "period_from", "period_to"])
        ],
        columns=["series", "period_from", "days", "seen_on", "ended_on", "said"],
    )  # fmt: skip

    def offers(ids: list[str], **_: Any) -> pd.DataFrame:
        rows = [(name, model, price) for name in ids for model, price in on_offer.items()]
        return pd.DataFrame(rows, columns=["day_id", "model_id", "price"])

    def states(ids: list[str], days: list[date], known: list[date]) -> pd.DataFrame:
        return pd.DataFrame({"day_id": ids, "as_of": days, "known_by": known,
                             "market": repr(on_offer), "affirmed": ""})  # fmt: skip

    def own_prices(models: list[str]) -> pd.DataFrame:
        rows = [(m, True, date(2024, 1, 1), date(9999, 12, 31), prices[m])
                for m in models if m in prices]  # fmt: skip
        return pd.DataFrame(rows, columns=PRICE_COLUMNS)

    return compute(
        periods=periods,
        launches=pd.DataFrame(launches),
        fits=pd.DataFrame(columns=["known_on", "fit_id"]),
        first_fits=pd.DataFrame(columns=["event_id", "fit_id"]),
        thinking=pd.DataFrame(columns=["model_id"]),
        bands=pd.DataFrame({"edge": [0.34, 0.9]}),
        states=states,
        offers=offers,
        prices=own_prices,
        launch_prices=pd.DataFrame({"model_id": list(prices), "said": list(prices.values())}),
        usage=lambda periods: told[told["period_from"].isin(periods)],
        capabilities=lambda fits: pd.DataFrame(columns=["known_on", "model_id", "capability"]),
        dominance=lambda events: pd.DataFrame(
            dominated, columns=["event_id", "entrant_id", "incumbent_id"]
        ),
        kept=kept,
    )


PRICE_COLUMNS = ["model_id", "is_list_price", "valid_from", "valid_to", "price"]


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
    found = windows_of(weeks, launches)
    products = found["window_incumbents"].set_index("product")
    assert products.loc["a/model-1", "before"] == (100 + 120) / 2
    assert products.loc["a/model-1", "after_low"] == (40 + 30) / 2
    assert products.loc["a/model-1", "momentum"] == pytest.approx(np.log(120 / 100))
    assert dict(products["role"]) == {
        "a/model-1": "predecessor", "b/other": "rival", "c/rest": "rival"
    }  # fmt: skip
    (entrant,) = found["window_entrants"].to_dict("records")
    assert (entrant["kind"], entrant["predecessor"]) == ("successor", "a/model-1")
    assert (entrant["after_low"], entrant["reference"]) == ((90 + 110) / 2, 110)


def test_an_outcome_off_the_list_is_bounded_by_its_floor(weeks: pd.DataFrame) -> None:
    launches = [launched("a/model-2", week(2))]
    found = windows_of(weeks, launches)
    lost = found["window_incumbents"].set_index("product").loc["c/rest"]
    assert (lost["after_low"], lost["after_high"], lost["floor"]) == (0, 35, 35)


def test_no_window_reaches_into_another_series(weeks: pd.DataFrame) -> None:
    """The list continued under another count: the launch has no window after."""
    later = weeks["period_from"] >= week(3)
    split = weeks.assign(series=np.where(later, "weeks counted anew", "weeks"))
    launches = [launched("a/model-2", week(2))]
    found = windows_of(split, launches)
    assert found["window_incumbents"].empty
    assert found["window_launches"]["why_not"].notna().all()


def test_an_arrival_nobody_saw_is_left_out_and_said(weeks: pd.DataFrame) -> None:
    launches = [launched("d/unseen", week(2))]
    found = windows_of(weeks, launches)
    assert found["window_entrants"].empty
    assert found["window_launches"]["why_not"].str.contains("no entrant").all()


def test_a_second_entrant_of_the_vendor_is_no_second_successor(weeks: pd.DataFrame) -> None:
    launches = [launched("a/model-2", week(2)), launched("a/model-2-turbo", week(2))]
    found = windows_of(weeks, launches, {"a/model-1": 4, "a/model-2": 4, "a/model-2-turbo": 2})
    kinds = found["window_entrants"].set_index("model_id")["kind"]
    assert kinds.to_dict() == {"a/model-2": "successor", "a/model-2-turbo": "sibling"}


def test_days_are_compared_over_a_week_after_a_week() -> None:
    """Days 7 to 13 after the launch, against the 7 days before it."""
    day = date(2026, 6, 1)
    rows = [row("a/one-1", day + timedelta(n), 100 + n, days=1) for n in range(-8, 15)]
    rows += [row("a/one-2", day + timedelta(n), 50, days=1) for n in range(0, 15)]
    launches = [launched("a/one-2", day)]
    found = windows_of(pd.DataFrame(rows), launches)
    (incumbent,) = found["window_incumbents"].to_dict("records")
    assert incumbent["before"] == np.mean([100 + n for n in range(-7, 0)])
    assert incumbent["after_low"] == np.mean([100 + n for n in range(7, 14)])
    assert incumbent["cadence"] == "daily"


def test_a_window_waits_until_its_outcome_is_complete(weeks: pd.DataFrame) -> None:
    """A list still growing: no outcome is taken from the half of its weeks."""
    launches = [launched("a/model-2", week(2))]
    (waiting,) = windows_of(weeks[weeks["period_from"] < week(4)], launches)[
        "window_launches"
    ].to_dict("records")
    assert waiting["why_not"] == "its window after is not complete"
    assert waiting["outcome_on"] == week(5)
    (made,) = windows_of(weeks[weeks["period_from"] < week(5)], launches)[
        "window_launches"
    ].to_dict("records")
    assert made["why_not"] is None


def test_half_a_window_counts_once_its_list_has_ended(weeks: pd.DataFrame) -> None:
    """Another list is read a month after the outcome was due, and this one was not continued."""
    launches = [launched("a/model-2", week(2))]
    ended = weeks[weeks["period_from"] < week(4)]
    for weeks_later, is_made in ((8, False), (9, True)):
        another = pd.DataFrame([row("e/x", week(weeks_later), 1, series="another")])
        found = windows_of(pd.concat([ended, another]), launches)["window_launches"]
        made = found.set_index("series")["why_not"].isna()
        assert made["weeks"] == is_made


def test_a_window_that_is_kept_is_not_made_again_and_the_rest_is_as_ever(
    weeks: pd.DataFrame,
) -> None:
    launches = [launched("a/model-2", week(2)), launched("b/other-2", week(3)),
                launched("d/unseen", week(4))]  # fmt: skip
    whole = windows_of(weeks, launches)
    standing = list(whole["standing"]["window_id"])
    assert len(set(standing)) == 3
    kept = frozenset(standing[:1])
    some = windows_of(weeks, launches, kept=kept)
    assert list(some["standing"]["window_id"]) == standing
    for name in ("window_launches", "window_incumbents", "window_entrants"):
        rest = whole[name][~whole[name]["window_id"].isin(kept)].reset_index(drop=True)
        pd.testing.assert_frame_equal(some[name], rest, check_dtype=False)


def test_a_model_is_told_apart_from_what_the_list_calls_by_its_id(weeks: pd.DataFrame) -> None:
    """The list calls a later version, or one that nobody knows, what is another's id."""
    later = weeks["spelling"].eq("a/model-1")
    weeks.loc[later, "model_id"] = "a/model-1-late"
    weeks.loc[weeks["spelling"].eq("b/other"), "model_id"] = None
    (series,) = series_of(weeks)
    on_offer = [("a/model-1", "a"), ("a/model-1-late", "a"), ("b/other", "b"), ("d/more", "d")]
    launch = pd.DataFrame([launched("a/model-2", week(2))])
    there, _ = usage.before_event(series, launch, on_offer, traits_of([]))
    names = {row["product"]: row["model_id"] for row in there}
    assert len(names) == len(there)
    assert names["a/model-1"] == "a/model-1-late"
    assert names["a/model-1 (not listed)"] == "a/model-1"
    assert names["b/other"] is None
    assert names["b/other (not listed)"] == "b/other"
    assert names["d/more"] == "d/more"


@pytest.mark.parametrize(
    ("changes", "is_another"),
    [
        ("a volume inside", True),
        ("a volume after it", False),
        ("a volume long before it", False),
        ("a price", True),
        ("what is on offer", True),
        ("a day of launch", True),
    ],
)
def test_a_window_is_made_anew_where_what_it_follows_from_changes(
    weeks: pd.DataFrame, changes: str, is_another: bool
) -> None:
    old = pd.DataFrame([row("b/other", week(-11), 50)])
    usage = pd.concat([old, weeks], ignore_index=True)
    launches = [launched("a/model-2", week(2))]
    (before,) = windows_of(usage, launches)["standing"]["window_id"]
    prices, on_offer = None, None
    at = {"a volume inside": week(4), "a volume after it": week(5),
          "a volume long before it": week(-11)}  # fmt: skip
    if changes in at:
        usage.loc[usage["period_from"] == at[changes], "tokens"] += 1
    elif changes == "a price":
        prices, on_offer = {"a/model-1": 1.0}, {}
    elif changes == "what is on offer":
        on_offer = {"x/1": 1.0}
    else:
        launches = [launched("a/model-2", week(2) + timedelta(1))]
    (after,) = windows_of(usage, launches, prices, on_offer)["standing"]["window_id"]
    assert (before != after) == is_another


# ------------------------------------------------------------------ traits


def test_a_price_first_seen_soon_after_counts_as_the_launch_price() -> None:
    """The list price in force, else the first ever if it came soon; then the street's likewise."""
    end = date(9999, 12, 31)
    prices = Prices(
        pd.DataFrame(
            [("a/one", True, date(2025, 4, 1), date(2025, 6, 1), 2.0),
             ("a/one", True, date(2025, 6, 1), end, 1.0),
             ("a/one", False, date(2025, 3, 1), end, 9.0),
             ("b/two", False, date(2025, 3, 1), end, 3.0)],
            columns=PRICE_COLUMNS,
        )
    )  # fmt: skip
    assert prices.on("a/one", date(2025, 3, 3)) == 2
    assert prices.on("a/one", date(2025, 7, 1)) == 1
    assert prices.on("a/one", date(2024, 12, 1)) == 9
    assert prices.on("a/one", date(2024, 3, 3)) is None
    assert prices.on("b/two", date(2025, 3, 3)) == 3
    assert prices.on("c/none", date(2025, 3, 3)) is None


def test_price_bands_are_of_what_was_on_offer_and_known(weeks: pd.DataFrame) -> None:
    """What a price is may be learnt later; where it stood among the others may not."""
    launches = [launched("a/model-2", week(2))]
    prices = {"a/model-1": 5.0, "b/other": 1.0}
    for on_offer, band in (({f"x/{n}": float(n) for n in range(11)}, 2), ({"x/1": 1.0}, 3)):
        found = windows_of(weeks, launches, prices, on_offer)["window_incumbents"]
        assert found.set_index("product")["segment"]["a/model-1"] == f"fast, price band {band}"
        assert found.set_index("product")["price"]["a/model-1"] == 5.0


def test_a_segment_is_a_quantile_of_the_prices_on_offer_and_a_latency() -> None:
    traits = traits_of([], {f"a/{n}": float(n) for n in range(11)}, thinking=("a/4",))
    found = [traits.segment(f"a/{n}", float(n)) for n in (0, 3, 4, 9, 10)]
    assert found == [
        "fast, price band 1", "fast, price band 1", "slow, price band 2", "fast, price band 2",
        "fast, price band 3",
    ]  # fmt: skip
    assert traits.segment("a/4", float("nan")) == "slow, unpriced"


@pytest.mark.parametrize("moves", [True, False])
def test_what_dominates_its_predecessor_competes_where_that_does(moves: bool) -> None:
    rows = [row(f"a/n{n}", week(w), 10 + n) for n in range(11) for w in range(5)]
    launches = [launched("a/small", week(2))]
    rows += [row("a/small", week(w), 90) for w in (3, 4)]
    found = windows_of(
        pd.DataFrame(rows), launches, {f"a/n{n}": float(n) for n in range(11)} | {"a/small": 8.5},
        dominated=(("launch a/small", "a/small", "a/n9"),) if moves else (),
    )  # fmt: skip
    (entrant,) = found["window_entrants"].to_dict("records")
    assert entrant["predecessor"] == "a/n9"
    assert entrant["segment"] == f"fast, price band {3 if moves else 2}"


def test_what_is_said_of_a_period_does_not_hang_on_the_order_of_rows(
    warehouse: Connection,
) -> None:
    """Of prices that begin on one day the highest holds, as it does where they are looked up."""
    read = usage.READS["periods"]
    warehouse.execute("begin")
    try:
        warehouse.execute(
            "insert into core.prices select p.* replace (p.input_usd_per_mtok * 2 as "
            "input_usd_per_mtok) from core.prices as p where p.model_id in "
            "(select u.model_id from core.usage as u)"
        )
        found = []
        for order in ("asc", "desc"):
            warehouse.execute(
                "create or replace table core.prices as select * from core.prices "
                f"order by model_id {order}, input_usd_per_mtok {order}"
            )
            found.append(warehouse.execute(read).fetchall())
        warehouse.execute(
            "update core.prices set input_usd_per_mtok = input_usd_per_mtok + 1 where model_id = "
            "(select min(u.model_id) from core.usage as u)"
        )
        other = warehouse.execute(read).fetchall()
    finally:
        warehouse.execute("rollback")
    assert found[0] == found[1] != other


def test_an_empty_history_has_no_series() -> None:
    frame = pd.DataFrame([row("a/one", MONDAY, 1)]).iloc[:0]
    assert series_of(frame) == []
    assert isinstance(series_of(pd.DataFrame([row("a/one", MONDAY, 1)]))[0], Series)
