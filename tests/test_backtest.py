"""Scores against their definitions, folds without a look ahead, and the measures on the archive."""

import time
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from feeds import rows
from scipy.stats import norm

from pipelines import backtest_page
from pipelines.analysis import backtest
from pipelines.analysis.backtest import (
    AS_KNOWN,
    BASELINES,
    FIXED_DIVERSION,
    LEFT_OUT,
    NO_CHANGE,
    OWN,
    RIVAL,
    ROLLING,
    crps,
)
from pipelines.analysis.demand import VARIANTS
from pipelines.analysis.usage import Windows
from pipelines.analysis.windows import PastLaunches
from pipelines.tables import Connection, read_frames

# ------------------------------------------------------------------ scores


def test_crps_is_that_of_a_normal_distribution() -> None:
    """Closed form: sigma (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi))."""
    samples = norm.ppf((np.arange(20000) + 0.5) / 20000)[:, None]
    for outcome in (-1.5, 0.0, 0.7):
        expected = (
            outcome * (2 * norm.cdf(outcome) - 1) + 2 * norm.pdf(outcome) - 1 / np.sqrt(np.pi)
        )
        found = crps(samples, np.array([outcome]), np.array([-np.inf]))
        assert found[0] == pytest.approx(expected, abs=1e-3)


def test_crps_of_one_value_is_the_distance() -> None:
    found = crps(np.full((50, 1), 0.3), np.array([1.0]), np.array([-9.0]))
    assert found[0] == pytest.approx(0.7)


def test_below_the_floor_forecasts_are_not_told_apart() -> None:
    floor, outcome = np.array([-1.0]), np.array([-1.0])
    near = crps(np.full((10, 1), -1.1), outcome, floor)
    far = crps(np.full((10, 1), -5.0), outcome, floor)
    assert near == far == 0


def outcomes(pit_low: list[float], pit_high: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"pit_low": pit_low, "pit_high": pit_high})


def test_coverage_counts_what_lies_between_the_deciles() -> None:
    assert backtest.coverage(outcomes([0.05, 0.5, 0.95, 0.9], [0.05, 0.5, 0.95, 0.9])) == 0.5


def test_an_outcome_known_by_bounds_counts_in_part() -> None:
    """Below a bound at the median: of P = 0.5 that it lies there, 0.4 is inside the interval."""
    assert backtest.coverage(outcomes([0.0], [0.5])) == pytest.approx(0.8)
    assert backtest.coverage(outcomes([0.0], [0.1])) == pytest.approx(0.0)


def test_a_difference_is_paired_and_needs_launches_for_an_interval() -> None:
    frame = pd.DataFrame(
        [
            {"origin": f"o{n}", "product": "p", "model": model, "crps": n + shift}
            for n in range(12)
            for model, shift in (("mine", -0.1), ("theirs", 0.0))
        ]
    )
    mean, low, high = backtest.difference(frame, "mine", "theirs", "crps")
    assert (mean, low, high) == pytest.approx((-0.1, -0.1, -0.1))
    few = frame[frame["origin"].isin(["o1", "o2"])]
    mean, low, high = backtest.difference(few, "mine", "theirs", "crps")
    assert mean == pytest.approx(-0.1)
    assert np.isnan([low, high]).all()


# ------------------------------------------------------------------ folds


@pytest.fixture
def origins() -> pd.DataFrame:
    starts = [date(2025, 1, 6) + timedelta(7 * n) for n in range(12)]
    return pd.DataFrame({
        "origin": [f"weeks {start}" for start in starts],
        "start": starts,
        "first_on": [start - timedelta(14) for start in starts],
        "outcome_on": [start + timedelta(21) for start in starts],
    })  # fmt: skip


def test_a_rolling_forecast_sees_no_outcome_that_was_not_complete(origins: pd.DataFrame) -> None:
    for at, chosen in enumerate(backtest.folds(origins, ROLLING)):
        assert (origins["outcome_on"][chosen] <= origins["start"][at]).all()
        assert chosen.sum() == max(0, at - 2)


def test_leaving_one_out_leaves_out_what_overlaps_it(origins: pd.DataFrame) -> None:
    for at, chosen in enumerate(backtest.folds(origins, LEFT_OUT)):
        apart = (origins["outcome_on"] <= origins["first_on"][at]) | (
            origins["first_on"] >= origins["outcome_on"][at]
        )
        assert (apart == chosen).all()
        assert not chosen[max(0, at - 4) : at + 5].any()


# ------------------------------------------------------------------ the whole on a market by hand


def market_of(launches: int) -> Windows:
    """Successors take half of their size from their predecessor; rivals move at random."""
    random = np.random.default_rng(11)
    there, new, about = [], [], []
    for number in range(launches):
        start = date(2025, 1, 6) + timedelta(21 * number)
        origin = f"weeks {start}"
        head = {"origin": origin, "cadence": "weekly", "series": "weeks", "start": start}
        before = np.exp(random.normal(4, 0.7, 5))
        size = before[0] * np.exp(random.normal(-0.2, 0.2))
        after = before * np.exp(random.normal(0, 0.1, 5))
        after[0] = max(before[0] - 0.5 * size, 0.1 * before[0]) * np.exp(random.normal(0, 0.1))
        for at, (b, a) in enumerate(zip(before, after, strict=True)):
            there.append(head | {
                "product": f"p{at}", "model_id": f"v{at}/p", "vendor": f"v{at}", "line": f"l{at}",
                "segment": "band 1", "price": 1.0, "before": b, "momentum": 0.0, "is_free": 0.0,
                "is_recent": False, "role": "rival" if at else "predecessor", "floor": 1e-3,
                "after_low": a, "after_high": a,
            })  # fmt: skip
        new.append(head | {
            "event_id": f"e{number}", "model_id": "v0/q", "product": "q", "vendor": "v0",
            "line": "l0", "segment": "band 1", "predecessor": "p0", "kind": "successor",
            "log_price_ratio": 0.0, "is_free": 0.0, "reference": before[0], "floor": 1e-3,
            "after_low": size, "after_high": size,
        })  # fmt: skip
        about.append(head | {
            "outcome_on": start + timedelta(21), "event_ids": f"e{number}", "why_not": None,
        })  # fmt: skip
    return Windows(pd.DataFrame(there), pd.DataFrame(new), pd.DataFrame(about))


@pytest.fixture(scope="module")
def forecasts(warehouse: Connection) -> pd.DataFrame:
    priors = warehouse.execute("select * from core.demand_priors").df()
    return backtest.backtest(PastLaunches.of(market_of(14)), priors, (ROLLING,))


def test_every_outcome_is_forecast_by_every_model(forecasts: pd.DataFrame) -> None:
    assert set(forecasts.groupby("model").size()) == {14 * 5}
    assert not forecasts.drop(columns=list(backtest.FORECASTS[-5:])).isna().any().any()


def test_what_own_brand_entrants_take_is_learnt(forecasts: pd.DataFrame) -> None:
    table = backtest.scores(forecasts).set_index(["role", "model"])
    assert table.loc[(OWN, "vendor, then segment"), "crps_less_no_change_high"] < 0
    late = forecasts[(forecasts["role"] != "rival") & (forecasts["trained_on"] >= 8)]
    found = late[late["model"] == "vendor, then segment"]
    inside = found["observed_diversion_low"].between(
        found["diversion_low"], found["diversion_high"]
    )
    assert inside.mean() >= 0.6


def test_one_default_stands_for_each_role(forecasts: pd.DataFrame) -> None:
    table = backtest.scores(forecasts)
    chosen = table[table["is_default"]]
    assert sorted(chosen["role"]) == sorted([OWN, RIVAL])
    for role, part in table[table["model"] != AS_KNOWN].groupby("role"):
        best = part.loc[part["crps"].idxmin(), "model"]
        assert role == "all" or part.loc[part["is_default"], "model"].item() == best


def test_the_default_as_then_known_knows_no_later_launch(forecasts: pd.DataFrame) -> None:
    """Before any outcome the fullest form stands in."""
    first = forecasts[forecasts["trained_on"] == 0]
    keys = ["origin", "product"]
    known = first[first["model"] == AS_KNOWN].set_index(keys)["crps"].sort_index()
    fullest = first[first["model"] == backtest.FULLEST].set_index(keys)["crps"].sort_index()
    assert known.equals(fullest)


def test_the_same_past_gives_the_same_forecasts(
    forecasts: pd.DataFrame, warehouse: Connection
) -> None:
    priors = warehouse.execute("select * from core.demand_priors").df()
    again = backtest.backtest(PastLaunches.of(market_of(14)), priors, (ROLLING,))
    pd.testing.assert_frame_equal(forecasts, again)


def test_no_usage_makes_no_forecast_and_a_default_all_the_same(warehouse: Connection) -> None:
    priors = warehouse.execute("select * from core.demand_priors").df()
    nothing = Windows(*(frame.iloc[:0] for frame in vars(market_of(1)).values()))
    empty = backtest.backtest(PastLaunches.of(nothing), priors)
    assert empty.empty
    table = backtest.scores(empty)
    assert table.empty
    assert backtest.chosen_models(table) == {OWN: backtest.FULLEST, RIVAL: backtest.FULLEST}


# ------------------------------------------------------------------ measures on the archive

#: Launches whose own-brand diversion was measured by hand from the same lists: predecessor, week of
#: the launch, lost over gained (a bound where the predecessor left the list).
BY_HAND = [
    ("anthropic/claude-3.5-sonnet", date(2025, 2, 24), 0.64),
    ("anthropic/claude-3-7-sonnet-20250219", date(2025, 5, 19), 0.57),
    ("anthropic/claude-4-sonnet-20250522", date(2025, 9, 29), 0.76),
    ("google/gemini-2.5-flash", date(2025, 12, 15), 0.23),
    ("anthropic/claude-4.5-sonnet-20250929", date(2026, 2, 16), 0.21),
    ("anthropic/claude-4.6-opus-20260205", date(2026, 4, 13), 0.40),
]


@pytest.fixture(scope="module")
def graded(archive_warehouse: Connection) -> Iterator[Connection]:
    """The archive's warehouse with both schemes in `every_forecast` and `every_score`."""
    frames = read_frames(backtest.READS, archive_warehouse)
    own = archive_warehouse.cursor()
    for name, left_out in zip(("forecast", "score"), backtest.leave_one_out(**frames), strict=True):
        own.register("left_out", left_out)
        own.execute(
            f"create temp table every_{name} as select * from analysis.backtest_{name}s "
            "union all by name select * from left_out"
        )
        own.unregister("left_out")
    yield own
    own.close()


@pytest.mark.archive
@pytest.mark.parametrize("scheme", [ROLLING, LEFT_OUT])
def test_own_brand_diversion_lies_in_its_interval(graded: Connection, scheme: str) -> None:
    ((model,),) = rows(
        graded,
        "select distinct model from analysis.backtest_scores where is_default and role = 'own'",
    )
    inside = 0
    for product, start, diversion in BY_HAND:
        ((low, high),) = rows(
            graded,
            "select diversion_low, diversion_high from every_forecast "
            "where scheme = ? and model = ? and product = ? and start = ?",
            [scheme, model, product, start],
        )
        inside += low <= diversion <= high
    assert inside >= 5


@pytest.mark.archive
@pytest.mark.parametrize("baseline", ["no_change", "fixed"])
@pytest.mark.parametrize("scheme", [ROLLING, LEFT_OUT])
def test_the_default_beats_both_baselines(graded: Connection, baseline: str, scheme: str) -> None:
    """By CRPS and log score, over all roles, each default chosen from what was known then."""
    ((launches, crps_high, log_score_low),) = rows(
        graded,
        f"select launches, crps_less_{baseline}_high, log_score_less_{baseline}_low "
        "from every_score where scheme = ? and cadence = 'weekly' and role = 'all' "
        "and model = ?",
        [scheme, AS_KNOWN],
    )
    assert launches >= 35
    assert crps_high < 0
    assert log_score_low > 0


@pytest.mark.archive
def test_eighty_percent_intervals_cover_about_eighty_percent(
    graded: Connection,
) -> None:
    found = rows(
        graded,
        "select scheme, cadence, coverage_share from every_score where role = 'all' and model = ?",
        [AS_KNOWN],
    )
    assert len(found) == 4
    assert all(0.72 <= share <= 0.88 for _, _, share in found), found


@pytest.mark.archive
def test_every_launch_in_a_series_is_forecast_or_has_a_reason(
    archive_warehouse: Connection,
) -> None:
    lost = rows(
        archive_warehouse,
        "select l.origin from analysis.backtest_launches as l left join "
        "(select distinct origin from analysis.backtest_forecasts) as f on f.origin = l.origin "
        "where (f.origin is null) = (l.why_not is null)",
    )
    assert lost == []


@pytest.mark.archive
def test_the_whole_backtest_takes_at_most_three_minutes(archive_warehouse: Connection) -> None:
    frames = read_frames(backtest.READS, archive_warehouse)
    started = time.process_time()
    backtest.compute(**frames)
    backtest.leave_one_out(**frames)
    assert time.process_time() - started < 180


def test_both_baselines_are_what_the_method_says() -> None:
    """No change is 0; the other takes 57% of the successor's volume from the predecessor alone."""
    windows = market_of(1)
    sizes = np.array([[10.0]])
    centre = backtest._baseline_centre(NO_CHANGE, windows.incumbents, windows.entrants, sizes)
    assert (centre == 0).all()
    fixed = backtest._baseline_centre(FIXED_DIVERSION, windows.incumbents, windows.entrants, sizes)
    before = windows.incumbents["before"].to_numpy()
    assert fixed[0, 0] == pytest.approx(np.log(1 - 5.7 / before[0]))
    assert (fixed[0, 1:] == 0).all()


# ------------------------------------------------------------------ the page


def test_a_warehouse_without_usage_makes_no_page(edition: Connection) -> None:
    with pytest.raises(ValueError, match="load an archive"):
        backtest_page.page(edition)


@pytest.mark.archive
def test_the_page_shows_every_form_beside_both_baselines(archive_warehouse: Connection) -> None:
    text, plot = backtest_page.page(archive_warehouse)
    for name in (*VARIANTS, *BASELINES, AS_KNOWN):
        assert text.count(f"{name}") >= 5
    assert "What this cannot know" in text
    bins = backtest_page.calibration(archive_warehouse)
    assert plot.count("<circle") == len(bins) > 3
    for said, came, count, _ in bins:
        assert f"| {said:.2f} | {came:.0%} | {count} |" in text


def test_estimates_rest_on_the_newest_launches_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the history: what is older neither teaches nor is scored."""
    monkeypatch.setattr("pipelines.analysis.windows.NEWEST", 3)
    origins = market_of(9).origins
    origins["first_on"] = [start - timedelta(14) for start in origins["start"]]
    for scheme in (ROLLING, LEFT_OUT):
        for chosen in backtest.folds(origins, scheme):
            assert chosen.sum() <= 3
    *_, last = backtest.folds(origins, ROLLING)
    taught = origins["start"][last]
    complete = origins["start"][[day <= origins["start"].iloc[-1] for day in origins["outcome_on"]]]
    assert sorted(taught) == sorted(complete)[-3:]


def test_a_new_launch_leaves_what_was_forecast_before(warehouse: Connection) -> None:
    """Rolling origin: only its own forecasts are made, and all are what a whole run makes."""
    priors = warehouse.execute("select * from core.demand_priors").df()
    before, stood = backtest.forecasts_of(PastLaunches.of(market_of(6)), priors, (ROLLING,))
    whole, standing = backtest.forecasts_of(PastLaunches.of(market_of(7)), priors, (ROLLING,))
    new, same = backtest.forecasts_of(
        PastLaunches.of(market_of(7)), priors, (ROLLING,), kept=set(stood)
    )
    assert standing == same
    assert set(stood) < set(standing)
    assert set(new["origin"]) == {whole["origin"].iloc[-1]}
    pd.testing.assert_frame_equal(pd.concat([before, new], ignore_index=True), whole)


def test_what_a_forecast_follows_from_makes_it_anew(warehouse: Connection) -> None:
    priors = warehouse.execute("select * from core.demand_priors").df()
    _, stood = backtest.forecasts_of(PastLaunches.of(market_of(4)), priors, (ROLLING,))
    changed = market_of(4)
    changed.incumbents.loc[changed.incumbents["origin"] == "weeks 2025-01-27", "before"] *= 1.01
    _, standing = backtest.forecasts_of(
        PastLaunches.of(changed), priors, (ROLLING,), kept=set(stood)
    )
    assert [old == now for old, now in zip(stood, standing, strict=True)] == [
        True,
        False,
        False,
        False,
    ]
