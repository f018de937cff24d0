"""Price indices on markets whose answer is known."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from feeds import rows

from pipelines.analysis.index_numbers import LEAST_MATCHED, fisher, time_dummy
from pipelines.analysis.price_index import compute
from pipelines.tables import Connection

FOREVER = date(9999, 12, 31)
NEWEST = pd.DataFrame({"as_of": [date(2024, 7, 1)]})


def indices(
    prices: list[tuple[str, date, date, float]], capability: dict[str, float]
) -> pd.DataFrame:
    frame = pd.DataFrame(prices, columns=["model_id", "valid_from", "valid_to", "price"])
    able = pd.DataFrame(
        {"model_id": list(capability), "capability": list(capability.values()),
         "capability_sd": 0.01}
    )  # fmt: skip
    found = compute(frame, able, NEWEST)["price_indices"]
    return found.set_index(["method", found["on_month"].astype(str)])


def test_fisher_is_the_geometric_mean_of_laspeyres_and_paasche_at_equal_expenditure() -> None:
    """Relatives 1/2 and 2: arithmetic mean 1.25, harmonic 0.8."""
    for relatives, expected in (
        ([0.5, 2.0], 1.0), ([0.5, 0.5], 0.5), ([1.0, 0.25], np.sqrt(0.625 * 0.4)),
    ):  # fmt: skip
        assert fisher(np.array(relatives), np.ones((1, 2)))[0] == pytest.approx(expected)


def test_weights_count_versions_as_often_as_a_resample_drew_them() -> None:
    random = np.random.default_rng(1)
    relatives, drawn = random.uniform(0.3, 2, 8), random.integers(0, 8, (20, 8))
    weights = np.stack([np.bincount(row, minlength=8) for row in drawn]).astype(float)
    found = fisher(relatives, weights)
    for row, value in zip(drawn, found, strict=True):
        again = fisher(relatives[row], np.ones((1, 8)))[0]
        assert value == pytest.approx(again)


def test_the_time_dummy_is_that_of_least_squares() -> None:
    random = np.random.default_rng(2)
    able = np.concatenate([random.uniform(100, 150, 30), random.uniform(110, 160, 40)])
    log_price = 0.05 * able + random.normal(0, 0.3, 70)
    later = np.repeat([0.0, 1.0], [30, 40])
    design = np.stack([np.ones(70), able, later], axis=1)
    expected = np.exp(np.linalg.lstsq(design, log_price, rcond=None)[0][2])
    sides = [(log_price[s], able[s], np.ones((1, int(s.sum())))) for s in (later == 0, later == 1)]
    assert time_dummy(*sides)[0] == pytest.approx(expected)


def test_the_time_dummy_finds_the_fall_at_equal_capability() -> None:
    random = np.random.default_rng(0)
    able = random.uniform(100, 150, 30), random.uniform(110, 160, 40)
    log_price = 0.05 * able[0] - 6, 0.05 * able[1] - 6 + np.log(0.7)
    sides = [(y, x, np.ones((1, len(x)))) for y, x in zip(log_price, able, strict=True)]
    assert time_dummy(*sides)[0] == pytest.approx(0.7)


def test_all_prices_halved_halve_the_matched_index_and_no_other_month() -> None:
    prices, able = [], {}
    for i in range(12):
        model = f"m{i}"
        able[model] = 100.0 + 5 * i
        prices.append((model, date(2024, 1, 1), date(2024, 4, 1), 1.0 + i))
        prices.append((model, date(2024, 4, 1), FOREVER, (1.0 + i) / 2))
    found = indices(prices, able)
    values = found.loc["matched_fisher", "index_value"]
    assert list(values) == pytest.approx([100, 100, 100, 50, 50, 50, 50])
    assert found.loc["matched_fisher", "index_low"].iloc[-1] == pytest.approx(50)
    assert list(found.loc["hedonic", "index_value"]) == pytest.approx(list(values), rel=1e-6)


def test_new_models_that_give_more_for_the_money_show_in_the_hedonic_index_alone() -> None:
    prices, able = [], {}
    for i in range(12):
        able[f"old{i}"] = able[f"new{i}"] = 100.0 + 4 * i
        prices.append((f"old{i}", date(2024, 1, 1), FOREVER, float(np.exp(0.1 * i))))
        prices.append((f"new{i}", date(2024, 5, 1), FOREVER, float(np.exp(0.1 * i)) / 10))
    found = indices(prices, able)
    assert found.loc["matched_fisher", "index_value"].iloc[-1] == pytest.approx(100)
    # Half the market is ten times cheaper: the mean log price falls by log(10) / 2.
    assert found.loc["hedonic", "index_value"].iloc[-1] == pytest.approx(100 / np.sqrt(10))


def test_a_fixed_level_costs_what_its_cheapest_model_costs() -> None:
    found = indices(
        [
            ("first", date(2024, 2, 1), FOREVER, 30.0),
            ("cheaper", date(2024, 5, 1), FOREVER, 3.0),
            ("weak", date(2024, 1, 1), FOREVER, 0.1),
        ],
        {"first": 135.0, "cheaper": 131.0, "weak": 119.0},
    )
    level = found.loc["fixed_level_130"]
    assert np.isnan(level["price"].iloc[0])
    assert "no version" in level["reason"].iloc[0]
    assert list(level["price"].iloc[1:]) == [30, 30, 30, 3, 3, 3]
    assert level["index_value"].iloc[-1] == pytest.approx(10)


def test_months_with_too_few_versions_have_a_reason_and_no_value() -> None:
    found = indices([("one", date(2024, 1, 1), FOREVER, 1.0)], {"one": 100.0})
    for method in ("matched_fisher", "hedonic"):
        assert found.loc[method, "index_value"].isna().all()
        assert found.loc[method, "reason"].str.contains("only 1").all()
    assert LEAST_MATCHED > 1


def test_the_market_of_the_edition_became_cheaper_by_every_method(edition: Connection) -> None:
    found = rows(
        edition,
        "select method, index_value, index_low, index_high from marts.price_index "
        "where index_value is not null "
        "qualify row_number() over (partition by method order by on_month desc) = 1",
    )
    assert {"matched_fisher", "hedonic", "fixed_level_130"} <= {row[0] for row in found}
    assert all(value < 100 for method, value, _, _ in found if not method.endswith("150"))
    assert all(low <= value for _, value, low, _ in found if low is not None)
