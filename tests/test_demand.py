"""The share model against a nested logit by brute force; estimation on markets made by hand."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import t as student_t

from pipelines.analysis import demand
from pipelines.analysis.demand import VARIANTS, Array, Market
from pipelines.tables import Connection

PRIORS = {
    "outside": (0.0, 1.0), "upper": (0.0, 1.5), "lower": (0.0, 1.5), "growth": (0.0, 0.15),
    "free_is_new": (0.0, 1.5), "momentum_up": (0.2, 0.4), "momentum_down": (0.2, 0.4),
    "free_drift": (0.0, 0.3), "noise": (-1.4, 0.5), "noise_if_recent": (0.2, 0.3),
}  # fmt: skip


def incumbents(launch: str = "l", **columns: list[object]) -> pd.DataFrame:
    number = len(columns["before"])
    usual = {
        "origin": [launch] * 6, "vendor": list("aabbcc"), "line": list("abcdef"),
        "segment": ["low", "high"] * 3, "momentum": [0.0] * 6, "is_free": [0.0] * 6,
        "is_recent": [False] * 6, "after_low": [np.nan] * 6, "after_high": [np.nan] * 6,
    }  # fmt: skip
    return pd.DataFrame({key: value[:number] for key, value in (usual | columns).items()})


def entrants(launch: str = "l", **columns: list[object]) -> pd.DataFrame:
    number = len(columns["after_low"])
    usual = {
        "origin": [launch] * number, "vendor": ["a"] * number, "line": ["a"] * number,
        "segment": ["low"] * number, "is_free": [0.0] * number, "after_high": columns["after_low"],
    }  # fmt: skip
    return pd.DataFrame(usual | columns)


def drawn(**values: float) -> dict[str, Array]:
    usual = dict.fromkeys(demand.PARAMETERS, 0.0) | {"free_is_new": -30.0}
    return {name: np.array([value]) for name, value in (usual | values).items()}


def shares(
    utility: Array, lower_nest: Array, upper_nest: Array, upper: float, lower: float
) -> tuple[Array, float]:
    """A nested logit's shares from utilities, and the outside's; nest by nest, as in a textbook."""
    value = {}
    for n in set(lower_nest):
        inside = utility[lower_nest == n]
        value[n] = (1 - lower) * np.log(np.exp(inside / (1 - lower)).sum())
    above = {}
    for h in set(upper_nest):
        nests = set(lower_nest[upper_nest == h])
        above[h] = (1 - upper) * np.log(sum(np.exp(value[n] / (1 - upper)) for n in nests))
    total = 1 + sum(np.exp(v) for v in above.values())
    found = np.empty(len(utility))
    for j, u in enumerate(utility):
        n, h = lower_nest[j], upper_nest[j]
        in_nest = np.exp((u - value[n]) / (1 - lower))
        in_upper = np.exp((value[n] - above[h]) / (1 - upper))
        found[j] = in_nest * in_upper * np.exp(above[h]) / total
    return found, 1 / total


@pytest.mark.parametrize(("upper", "lower"), [(0.0, 0.0), (0.0, 0.7), (0.3, 0.8), (0.5, 0.5001)])
@pytest.mark.parametrize("entering", [(0,), (0, 4), (5,)])
def test_changes_are_those_of_a_nested_logit_by_brute_force(
    upper: float, lower: float, entering: tuple[int, ...]
) -> None:
    """Utilities are drawn, shares computed with and without the entrants, volumes made of them.

    Of six products some enter; number 5 enters a nest nobody is in.
    """
    random = np.random.default_rng(1)
    utility = random.normal(0, 1, 6)
    uppers, lowers = np.array(list("ggghhk")), np.array(list("ppqrrs"))
    there = np.array([j for j in range(6) if j not in entering])
    if 5 not in entering:
        there = there[there != 5]
    before, outside = shares(utility[there], lowers[there], uppers[there], upper, lower)
    everyone = np.sort(np.concatenate([there, entering]))
    after, _ = shares(utility[everyone], lowers[everyone], uppers[everyone], upper, lower)
    variant = demand.Variant("test", "segment", "line")
    products = demand.market(
        incumbents(
            before=list(1000 * before), line=list(lowers[there]), segment=list(uppers[there]),
            vendor=["v"] * len(there),
        ),
        entrants(
            after_low=[1000 * after[everyone == j][0] for j in entering],
            line=list(lowers[list(entering)]), segment=list(uppers[list(entering)]),
        ),
        variant,
    )  # fmt: skip
    found = demand.taken(
        products,
        drawn(outside=logit(outside), upper=logit(upper) if upper else -40,
              lower=logit((lower - upper) / (1 - upper)) if lower > upper else -40),
    )[0]  # fmt: skip
    expected = np.log(after[np.isin(everyone, there)] / before)
    assert found == pytest.approx(expected, abs=2e-5)


def test_a_plain_logit_takes_from_all_in_proportion() -> None:
    products = demand.market(
        incumbents(before=[10.0, 30.0, 60.0]), entrants(after_low=[40.0]), VARIANTS["plain logit"]
    )
    held = VARIANTS["plain logit"].fixed
    found = demand.taken(products, drawn(outside=0.0, upper=held["upper"], lower=held["lower"]))[0]
    # The market is 200: with 40 of it gone to the entrant everyone keeps four fifths.
    assert found == pytest.approx([np.log(0.8)] * 3, abs=1e-4)


def test_what_is_new_demand_is_taken_from_nobody() -> None:
    products = demand.market(
        incumbents(before=[10.0, 30.0]), entrants(after_low=[40.0], is_free=[1.0]),
        VARIANTS["vendor nests"],
    )  # fmt: skip
    found = demand.taken(products, drawn(upper=-12.0, free_is_new=30.0))
    assert found == pytest.approx(np.zeros((1, 2)), abs=1e-9)


def test_an_entrant_larger_than_the_market_leaves_shares_that_are_shares() -> None:
    products = demand.market(
        incumbents(before=[10.0, 30.0]), entrants(after_low=[1e9]), VARIANTS["vendor, then segment"]
    )
    found = demand.taken(products, drawn())
    assert np.isfinite(found).all()
    assert (found < 0).all()


def test_some_launches_alone_are_as_among_others() -> None:
    variant = VARIANTS["segment, then vendor"]
    frames = [
        (incumbents(name, before=[10.0 + n, 30.0, 5.0]), entrants(name, after_low=[8.0, 4.0 + n]))
        for n, name in enumerate("uvw")
    ]
    every = demand.market(
        pd.concat([i for i, _ in frames]), pd.concat([e for _, e in frames]), variant
    )
    parameters = drawn(lower=1.0)
    together = demand.expected_changes(every, parameters)[0].reshape(3, 3)
    for n, (some, new) in enumerate(frames):
        alone = demand.expected_changes(demand.market(some, new, variant), parameters)[0]
        assert alone == pytest.approx(together[n])
        chosen = np.arange(3) == n
        assert demand.expected_changes(every.only(chosen), parameters)[0] == pytest.approx(alone)


def test_growth_and_momentum_add_to_the_change() -> None:
    products = demand.market(
        incumbents(before=[10.0, 30.0], momentum=[0.5, -0.5]), entrants(after_low=[1e-9]),
        VARIANTS["drift only"],
    )  # fmt: skip
    found = demand.expected_changes(
        products, drawn(growth=0.1, momentum_up=0.2, momentum_down=1.0)
    )[0]
    assert found == pytest.approx([0.1 + 0.1, 0.1 - 0.5])


# ------------------------------------------------------------------ likelihood and estimation


def test_the_closed_distribution_function_is_students() -> None:
    z = np.linspace(-50, 50, 101)
    assert demand.student(z) == pytest.approx(student_t.cdf(z, 4))
    assert demand.student(np.array([-np.inf, np.inf])) == pytest.approx([0, 1], abs=1e-12)


def test_an_exact_outcome_has_a_density_and_a_bounded_one_a_probability() -> None:
    low, high = np.array([0.1, -np.inf, -0.2]), np.array([0.1, -0.5, 0.3])
    found = demand.log_density(low, high, np.zeros((1, 3)), np.full((1, 3), 0.4))[0]
    scaled = student_t(4, scale=0.4)
    assert found == pytest.approx(
        [scaled.logpdf(0.1), scaled.logcdf(-0.5), np.log(scaled.cdf(0.3) - scaled.cdf(-0.2))]
    )


def made(launches: int, parameters: Mapping[str, Array], variant: demand.Variant) -> Market:
    """A market whose outcomes follow from known parameters and a little noise."""
    random = np.random.default_rng(3)
    some, new = [], []
    for number in range(launches):
        name = f"launch {number:03}"
        before = list(np.exp(random.normal(4, 1, 5)))
        momentum = list(random.normal(0, 0.2, 5))
        some.append(incumbents(name, before=before, momentum=momentum))
        new.append(entrants(name, after_low=[before[0]], vendor=["a"]))
    frame, entering = pd.concat(some, ignore_index=True), pd.concat(new, ignore_index=True)
    change = demand.expected_changes(demand.market(frame, entering, variant), parameters)[0]
    after = frame["before"] * np.exp(change + 0.05 * random.standard_t(4, len(frame)))
    return demand.market(frame.assign(after_low=after, after_high=after), entering, variant)


def test_estimation_finds_the_parameters_the_outcomes_were_made_with() -> None:
    variant = VARIANTS["vendor nests"]
    truth = {"outside": 0.5, "lower": 1.2, "growth": 0.08, "momentum_up": 0.6,
             "momentum_down": 0.9, "noise": np.log(0.05)}  # fmt: skip
    products = made(60, drawn(upper=-12.0, **truth), variant)
    found = demand.fit(products, variant, PRIORS)
    sd = dict(zip(found.names, np.sqrt(np.diag(found.covariance)), strict=True))
    mean = dict(zip(found.names, found.mean, strict=True))
    for name, value in truth.items():
        assert abs(mean[name] - value) < 3.5 * sd[name], (name, mean[name], sd[name])
    assert sd["growth"] < 0.03
    # Nothing was free, so nothing was learnt of it.
    assert sd["free_is_new"] == pytest.approx(PRIORS["free_is_new"][1], rel=0.05)


def test_an_earlier_answer_changes_the_way_and_not_the_end() -> None:
    variant = VARIANTS["vendor, then segment"]
    products = made(25, drawn(lower=0.5, noise=-2.0), variant)
    cold = demand.fit(products, variant, PRIORS)
    earlier = demand.fit(products.only(np.arange(25) < 12), variant, PRIORS)
    warm = demand.fit(products, variant, PRIORS, earlier)
    sd = np.sqrt(np.diag(cold.covariance))
    assert np.abs((warm.mean - cold.mean) / sd).max() < 0.1


def test_without_launches_the_priors_are_the_answer() -> None:
    found = demand.fit(None, VARIANTS["vendor nests"], PRIORS)
    assert found.events == 0
    for name, mean, variance in zip(
        found.names, found.mean, np.diag(found.covariance), strict=True
    ):
        assert (mean, np.sqrt(variance)) == pytest.approx(PRIORS[name])


def priors(*rows: tuple[str, float, float, bool, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["parameter", "mean", "sd", "is_evidence", "published_on"])


def test_published_estimates_are_pooled_with_their_disagreement() -> None:
    """Two estimates, -1 and 0, each with sd 0.1: the spread between them is most of the doubt.

    Weights 100 and 100, Q = 50, C = 100: between = 0.49; each then has variance 0.5 and the mean
    of a further study 0.49 + 0.25 = 0.74.
    """
    method = ("elasticity", -0.5, 1e6, False, "2026-01-01")
    frame = priors(
        method, ("elasticity", -1.0, 0.1, True, "2025-01-01"),
        ("elasticity", 0.0, 0.1, True, "2025-01-01"),
    )  # fmt: skip
    mean, sd = demand.pooled(frame)["elasticity"]
    assert (mean, sd) == pytest.approx((-0.5, np.sqrt(0.74)), rel=1e-6)


def test_an_estimate_counts_from_the_day_it_was_published() -> None:
    frame = priors(
        ("elasticity", -0.5, 0.7, False, "2026-01-01"),
        ("elasticity", -1.0, 0.1, True, "2025-12-31"),
    )
    day = pd.Timestamp("2025-12-30").date()
    assert demand.pooled(frame, day)["elasticity"] == (-0.5, 0.7)
    assert demand.pooled(frame)["elasticity"][0] == pytest.approx(-0.99, abs=0.01)


def test_estimates_pooled_once_for_all_days_are_those_of_each_day(edition: Connection) -> None:
    frame = edition.execute("select * from core.demand_priors").df()
    known = demand.Priors(frame)
    published = pd.to_datetime(frame["published_on"]).dt.date
    days = sorted({day + timedelta(step) for day in published for step in (-1, 0, 1)})
    assert [known.by(day) for day in days] == [demand.pooled(frame, day) for day in days]
    assert known.by(None) == demand.pooled(frame)
    assert len({known.stage(day) for day in days}) > 2


# ------------------------------------------------------------------ sizes of entrants

SIZE_PRIORS = dict.fromkeys(demand.SIZE_PARAMETERS, (0.0, 1.0))


def test_sizes_of_entrants_are_learnt_by_kind() -> None:
    random = np.random.default_rng(5)
    kind = ["successor", "sibling", "arrival"] * 40
    centre = {"successor": -0.3, "sibling": -1.5, "arrival": 0.4}
    log_size = np.array([centre[k] for k in kind]) + 0.2 * random.standard_t(4, 120)
    frame = pd.DataFrame({
        "kind": kind, "reference": 10.0, "after_low": 10 * np.exp(log_size),
        "after_high": 10 * np.exp(log_size), "log_price_ratio": np.nan, "is_free": 0.0,
    })  # fmt: skip
    found = demand.fit_sizes(frame, SIZE_PRIORS)
    for name, value in centre.items():
        assert found.mean[found.names.index(name)] == pytest.approx(value, abs=0.12)
    draws = demand.draw_sizes(
        found, frame.iloc[:3], np.array([[10.0, 10.0, 10.0]]), 4000, np.random.default_rng(0)
    )
    assert np.median(draws, axis=0) == pytest.approx(10 * np.exp(list(centre.values())), rel=0.1)


def test_entrants_nobody_saw_make_sizes_smaller() -> None:
    seen = pd.DataFrame({
        "kind": "sibling", "reference": 10.0, "after_low": 8.0, "after_high": 8.0,
        "log_price_ratio": np.nan, "is_free": 0.0,
    }, index=range(5))  # fmt: skip
    unseen = seen.assign(after_low=0.0, after_high=4.0)
    at = demand.SIZE_PARAMETERS.index("sibling")
    alone = demand.fit_sizes(seen, SIZE_PRIORS).mean[at]
    both = demand.fit_sizes(pd.concat([seen, unseen]), SIZE_PRIORS).mean[at]
    assert both < alone - 0.3


def test_draws_are_the_same_every_time() -> None:
    found = demand.fit(None, VARIANTS["vendor nests"], PRIORS)
    one, other = (found.draws(50, np.random.default_rng(7)) for _ in range(2))
    assert all((one[name] == other[name]).all() for name in demand.PARAMETERS)
    assert np.std(expit(one["lower"])) > 0.1
