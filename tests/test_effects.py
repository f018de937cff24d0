"""What launches are forecast to do: what is taken, from what was known, with what said of it."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from feeds import rows

from pipelines.analysis import demand, effects, learning, shift_effects
from pipelines.analysis.backtest import FULLEST, OWN, RIVAL
from pipelines.analysis.demand import VARIANTS, Estimates, fit, fit_sizes, forecast
from pipelines.tables import Connection, read_frames

EFFECTS = ("analysis.demand_forecasts", "analysis.vendor_effects")


@pytest.fixture(scope="module")
def estimates(edition: Connection) -> Estimates:
    """Priors alone."""
    priors = demand.pooled(edition.execute("select * from core.demand_priors").df())
    form = VARIANTS[FULLEST]
    fitted = fit(None, form, priors)
    nobody = pd.DataFrame({
        name: pd.Series(dtype=kind)
        for name, kind in (("after_low", float), ("after_high", float), ("reference", float),
                           ("kind", object), ("log_price_ratio", float), ("is_free", float))
    })  # fmt: skip
    return Estimates((form, fitted), (form, fitted), (form, fitted), fit_sizes(nobody, priors))


def incumbent(product: str, before: float = 100.0, **more: Any) -> dict[str, Any]:
    vendor = product.split("/")[0]
    return {
        "product": product, "model_id": product, "vendor": vendor, "line": product,
        "segment": "fast, price band 2", "before": before, "before_high": np.nan, "counts": True,
        "momentum": 0.0, "is_free": 0.0, "is_recent": False, "role": "rival", "unit_price": 2.0,
    } | more  # fmt: skip


def entrant(product: str, succeeds: str | None, **more: Any) -> dict[str, Any]:
    return {
        "product": product, "vendor": product.split("/")[0], "line": product,
        "segment": "fast, price band 2", "predecessor": succeeds,
        "kind": "successor" if succeeds else "sibling", "log_price_ratio": 0.0, "is_free": 0.0,
        "unit_price": 1.0,
    } | more  # fmt: skip


def outlook(
    estimates: Estimates, there: list[dict[str, Any]], new: list[dict[str, Any]]
) -> tuple[pd.DataFrame, pd.Series]:
    found = forecast(pd.DataFrame(there), pd.DataFrame(new), estimates, draws=2000)
    return found.products.set_index("product"), found.vendors.iloc[0]


MARKET = [
    incumbent("a/old", role="predecessor"),
    incumbent("a/big", 300.0, role="sibling", segment="slow, price band 3"),
    incumbent("b/rival", 400.0),
]


def test_what_is_diverted_adds_up_to_the_entrant(estimates: Estimates) -> None:
    products, vendor = outlook(estimates, MARKET, [entrant("a/new", "a/old")])
    assert products["diversion_median"].between(0, 1).all()
    own = products.loc[["a/old", "a/big"], "diversion_median"].sum()
    assert vendor["cannibalisation_low"] < own < vendor["cannibalisation_high"]
    assert vendor["cannibalisation_median"] + vendor["new_demand_median"] < 1.05


def test_the_nearest_loses_most_of_its_volume(estimates: Estimates) -> None:
    products, _ = outlook(estimates, MARKET, [entrant("a/new", "a/old")])
    taken = products["taken_median"]
    assert taken["a/old"] > taken["a/big"] > taken["b/rival"]
    assert products["probability_taken"]["a/old"] > 0.8


def test_a_cheaper_successor_lowers_revenue_a_token(estimates: Estimates) -> None:
    _, cheap = outlook(estimates, MARKET, [entrant("a/new", "a/old", unit_price=0.2)])
    _, dear = outlook(estimates, MARKET, [entrant("a/new", "a/old", unit_price=20.0)])
    assert cheap["revenue_per_token_change_high"] < 0
    assert dear["revenue_per_token_change_low"] > 0
    assert cheap["revenue_change_median"] < dear["revenue_change_median"]


def test_an_unknown_price_makes_revenue_unknown(estimates: Estimates) -> None:
    there = [MARKET[0] | {"unit_price": np.nan}, *MARKET[1:]]
    _, vendor = outlook(estimates, there, [entrant("a/new", "a/old")])
    assert np.isnan(vendor["revenue_change_median"])
    assert not np.isnan(vendor["cannibalisation_median"])


def test_a_volume_nobody_knows_makes_wide_intervals(estimates: Estimates) -> None:
    known, _ = outlook(estimates, MARKET, [entrant("a/new", "a/old")])
    drawn = [row | {"before": np.nan} for row in MARKET]
    unknown, _ = outlook(estimates, drawn, [entrant("a/new", "a/old")])
    width = [t.loc["a/big", "taken_high"] - t.loc["a/big", "taken_low"] for t in (known, unknown)]
    assert width[0] < width[1]


def test_what_does_not_count_changes_nothing_for_the_others(estimates: Estimates) -> None:
    alone, _ = outlook(estimates, MARKET, [entrant("a/new", "a/old")])
    beside = [*MARKET, incumbent("c/small", np.nan, before_high=5.0, counts=False)]
    together, _ = outlook(estimates, beside, [entrant("a/new", "a/old")])
    for product in alone.index:
        assert together.loc[product, "taken_median"] == pytest.approx(
            alone.loc[product, "taken_median"], abs=0.03
        )


def test_the_same_market_has_the_same_forecast(estimates: Estimates) -> None:
    one, _ = outlook(estimates, MARKET, [entrant("a/new", "a/old")])
    other, _ = outlook(estimates, MARKET, [entrant("a/new", "a/old")])
    pd.testing.assert_frame_equal(one, other)


def test_a_launch_without_anything_else_on_offer_is_refused(estimates: Estimates) -> None:
    with pytest.raises(ValueError, match="an entrant and an incumbent"):
        forecast(pd.DataFrame(MARKET), pd.DataFrame([entrant("a/new", None)]).iloc[:0], estimates)


# ------------------------------------------------------------------ defaults


def grades(*graded: tuple[str, str, float, date]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("weekly", model, role, f"launch {day}", value, day)
            for model, role, value, day in graded
        ],
        columns=["cadence", "model", "role", "origin", "crps", "outcome_on"],
    )


def test_a_form_is_the_default_from_the_day_it_was_graded_best() -> None:
    day = date(2025, 5, 1)
    later = day + timedelta(30)
    defaults = learning.Defaults(
        grades(
            ("plain logit", "rival", 0.2, day), ("vendor nests", "rival", 0.1, day),
            ("plain logit", "rival", 0.1, later), ("vendor nests", "rival", 0.9, later),
            ("vendor nests", "predecessor", 0.1, day), ("no change", "predecessor", 0.3, day),
        )
    )  # fmt: skip
    assert defaults.on(day - timedelta(1))[RIVAL] == FULLEST
    assert defaults.on(day)[RIVAL] == "vendor nests"
    assert defaults.on(None)[RIVAL] == "plain logit"
    assert defaults.on(None)[OWN] == "vendor nests"


def test_a_baseline_that_wins_has_its_nearest_form_stand_in() -> None:
    defaults = learning.Defaults(
        grades(("no change", "rival", 0.1, date(2025, 5, 1)),
               ("vendor nests", "rival", 0.2, date(2025, 5, 1)))
    )  # fmt: skip
    assert defaults.on(None)[RIVAL] == "drift only"


# ------------------------------------------------------------------ the edition


def test_without_usage_the_forecast_says_so(edition: Connection) -> None:
    said = rows(edition, "select distinct usage, trained_on from analysis.demand_forecasts")
    assert len(said) == 1
    assert said[0][0].startswith("no usage before the event is known, volumes are drawn")
    assert said[0][1] == 0


@pytest.mark.parametrize("basis", ["day_after", "hindsight"])
def test_o1_mini_takes_from_o1_preview_and_not_from_other_vendors(
    edition: Connection, basis: str
) -> None:
    found = {
        model: (role, taken, falls)
        for model, role, taken, falls in rows(
            edition,
            "select model_id, role, probability_taken, probability_falls "
            "from analysis.demand_forecasts where event_id = 'o1-mini' and basis = ?",
            [basis],
        )
    }
    assert found["openai/o1-preview-2024-09-12"][0] == "predecessor"
    assert found["openai/o1-preview-2024-09-12"][1] >= 0.8
    for model in ("anthropic/claude-3-5-sonnet-20240620", "google/gemini-1.5-flash-001"):
        assert found[model][0] == "rival"
        assert found[model][1] < 0.2
        assert found[model][2] < 0.6


def test_nothing_launched_later_is_in_a_market(edition: Connection) -> None:
    late = rows(
        edition,
        "select f.event_id, f.model_id from analysis.demand_forecasts as f "
        "inner join core.events as e on e.event_id = f.event_id "
        "inner join core.releases as r on r.model_id = f.model_id "
        "where coalesce(r.api_available_on, r.released_on) > e.effective_on "
        "and r.event_id is not null",
    )
    assert late == []


@pytest.mark.archive
def test_what_comes_later_does_not_change_a_forecast_of_the_day_after(
    archive_warehouse: Connection,
) -> None:
    """Usage and grades of after the launch left out: the same forecast, digit for digit."""
    event, known_by = "claude-sonnet-4.5", date(2025, 10, 31)
    frames = read_frames(effects.READS, archive_warehouse)
    of_event = (frames["days"]["event_id"] == event) & (frames["days"]["basis"] == "day_after")
    frames["days"] = frames["days"][of_event]
    assert len(frames["days"]) == 1
    full = effects.compute(**frames)["demand_forecasts"]
    usage, graded = frames["usage"], frames["graded"]

    def usage_by_then(periods: list[date]) -> pd.DataFrame:
        found = usage(periods=periods)
        return found[pd.to_datetime(found["period_to"]).dt.date <= known_by]

    frames["usage"] = usage_by_then
    frames["graded"] = graded[pd.to_datetime(graded["outcome_on"]).dt.date <= known_by]
    before = effects.compute(**frames)["demand_forecasts"]
    assert len(full) > 20
    pd.testing.assert_frame_equal(full, before)


@pytest.mark.parametrize(
    ("step", "table"),
    [
        (effects, "demand_forecasts"),
        (effects, "vendor_effects"),
        (shift_effects, "shift_forecasts"),
    ],
)
def test_what_is_kept_is_not_made_again_and_the_rest_is_as_ever(
    edition: Connection, step: Any, table: str
) -> None:
    frames = read_frames(step.READS, edition)
    every = step.compute(**frames)
    standing = list(every["standing"]["inputs_hash"])
    assert len(set(standing)) == len(standing) > 10
    kept = set(standing[::2])
    some = step.compute(**frames, kept=kept)
    assert list(some["standing"]["inputs_hash"]) == standing
    rest = every[table][~every[table]["inputs_hash"].isin(kept)].reset_index(drop=True)
    assert 0 < len(rest) < len(every[table])
    pd.testing.assert_frame_equal(some[table], rest)


def test_another_price_or_a_new_estimate_makes_a_forecast_anew(edition: Connection) -> None:
    frames = read_frames(effects.READS, edition)
    kept = set(effects.compute(**frames)["standing"]["inputs_hash"])
    event = frames["days"]["event_id"].iloc[0]
    of_event = frames["days"]["event_id"] == event
    offered = frames["days"]["market_id"].where(~of_event, "another")
    again = effects.compute(
        **(frames | {"days": frames["days"].assign(market_id=offered)}), kept=kept
    )
    assert set(again["demand_forecasts"]["event_id"]) == {event}
    priors = frames["priors"].assign(mean=frames["priors"]["mean"] + 0.01)
    again = effects.compute(**(frames | {"priors": priors}), kept=kept)
    assert not kept & set(again["standing"]["inputs_hash"])


@pytest.mark.archive
def test_a_forecast_of_one_launch_takes_at_most_two_seconds(archive_warehouse: Connection) -> None:
    import time

    frames = read_frames(effects.READS, archive_warehouse)
    started = time.process_time()
    effects.compute(**frames)
    spent = time.process_time() - started
    assert spent / len(frames["days"]) < 2


# ------------------------------------------------------------------ repricings and withdrawals


def shifted(estimates: Estimates, change: float | None) -> pd.DataFrame:
    """Of `a/old` in the usual market: its repricing, or with None its withdrawal."""
    columns = [
        {name: [row[name] for row in rows_] for name in rows_[0]}
        for rows_ in (MARKET[1:], MARKET[:1])
    ]
    told = demand.shift_columns(columns[0], columns[1], change, (-0.5, 0.2), estimates, draws=2000)
    return pd.DataFrame(told).set_index("product")


def test_a_withdrawal_gives_its_volume_to_the_nearest(estimates: Estimates) -> None:
    found = shifted(estimates, None)
    assert found["change_high"]["a/old"] < -0.99
    assert found["effect_median"]["a/big"] > found["effect_median"]["b/rival"] > 0
    assert (found["probability_taken"][["a/big", "b/rival"]] == 0).all()


def test_a_cut_of_price_adds_volume_and_takes_it_from_the_nearest(estimates: Estimates) -> None:
    cut, rise = shifted(estimates, float(np.log(0.5))), shifted(estimates, float(np.log(2)))
    assert cut["effect_median"]["a/old"] == pytest.approx(2**0.5 - 1, abs=0.03)
    assert cut["effect_median"]["a/big"] < cut["effect_median"]["b/rival"] < 0
    assert rise["effect_median"]["a/old"] < 0 < rise["effect_median"]["a/big"]


def test_a_price_that_does_not_move_changes_nothing(estimates: Estimates) -> None:
    found = shifted(estimates, 0.0)
    assert found[["effect_low", "effect_high"]].abs().max(axis=None) < 1e-9


def test_what_would_fall_anyway_is_told_from_what_the_event_makes_fall(
    estimates: Estimates,
) -> None:
    still, cut = shifted(estimates, 0.0), shifted(estimates, float(np.log(0.2)))
    gone = shifted(estimates, None)
    anyway = "probability_falls_anyway"
    assert still["probability_falls"].to_numpy() == pytest.approx(still[anyway].to_numpy())
    assert cut["probability_falls"]["a/big"] > cut[anyway]["a/big"]
    assert gone["probability_falls"]["a/big"] < gone[anyway]["a/big"]
    assert gone["probability_falls"]["a/old"] > 0.99 > gone[anyway]["a/old"]
