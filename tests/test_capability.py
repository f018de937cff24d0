"""The fit of capability recovers what is known, and says how sure it is."""

from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from feeds import rows
from scipy.special import ndtr

from pipelines import tables
from pipelines.analysis import capability
from pipelines.analysis.capability import DAYS, NEVER, as_scores, fit, standing_results
from pipelines.analysis.item_response import SDS, UNSTATED, estimate
from pipelines.tables import Connection, catalogue


def market_of(
    models: int, benchmarks: int, seed: int, noise: float = 0.03, share: float = 0.7
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Scores drawn from known capabilities and difficulties; strong models on hard benchmarks."""
    random = np.random.default_rng(seed)
    capability = pd.Series(random.normal(0, 1.5, models), [f"m{i:02}" for i in range(models)])
    difficulty = pd.Series(
        random.normal(0, 1.2, benchmarks), [f"b{i:02}" for i in range(benchmarks)]
    )
    found = []
    for model, c in capability.items():
        for benchmark, d in difficulty.items():
            near = np.exp(-abs(c - d) / 2)
            if random.random() > share * near:
                continue
            solved = 1 / (1 + np.exp(-(c - d)))
            score = float(np.clip(solved + random.normal(0, noise), 0, 1))
            found.append((model, benchmark, score))
    return pd.DataFrame(found, columns=["model", "benchmark", "score"]), capability, difficulty


def test_known_capabilities_are_recovered() -> None:
    scores, capability, difficulty = market_of(60, 20, seed=1)
    models, benchmarks = fit(scores)
    found = models.set_index("model")["capability"]
    true = capability[found.index]
    assert np.corrcoef(found, true)[0, 1] > 0.97
    assert abs((found - found.mean()) - (true - true.mean())).mean() < 0.25
    hard = benchmarks.set_index("benchmark")["difficulty"]
    assert np.corrcoef(hard, difficulty[hard.index])[0, 1] > 0.97


def test_raw_averages_would_have_been_worse() -> None:
    """Strong models are tested on hard benchmarks; the joint fit sees through it."""
    scores, capability, _ = market_of(60, 20, seed=2)
    models, _ = fit(scores)
    found = models.set_index("model")["capability"]
    averages = scores.groupby("model")["score"].mean()
    true = capability[found.index].rank()
    of_fit = np.corrcoef(found.rank(), true)[0, 1]
    of_averages = np.corrcoef(averages[found.index].rank(), true)[0, 1]
    assert of_fit > of_averages + 0.02


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    held = []
    for seed in range(12):
        scores, capability, _ = market_of(40, 15, seed)
        models, _ = fit(scores)
        true = capability[models["model"]].to_numpy()
        # The scale's zero is a matter of convention, so both are taken from their own mean.
        shift = true.mean() - models["capability"].mean()
        held.append(((models["low"] + shift < true) & (true < models["high"] + shift)).mean())
    assert 0.7 < np.mean(held) < 0.97


def test_more_evidence_narrows_the_interval() -> None:
    scores, _, _ = market_of(40, 20, seed=3, noise=0.1, share=1.4)
    of_one = scores[scores["model"] == "m05"]
    rest = scores[scores["model"] != "m05"]
    widths = []
    for results in (1, 3, len(of_one)):
        models, _ = fit(pd.concat([rest, of_one.head(results)]))
        row = models.set_index("model").loc["m05"]
        widths.append(row["high"] - row["low"])
        assert row["results"] == results
    assert widths[0] > 1.15 * widths[1]
    assert widths[1] > 1.15 * widths[2]


def test_a_model_with_a_single_result_is_wide() -> None:
    scores, _, _ = market_of(40, 20, seed=4, noise=0.1)
    lone = pd.DataFrame({"model": ["lone"], "benchmark": ["b00"], "score": [0.5]})
    models, _ = fit(pd.concat([scores, lone]))
    width = models.set_index("model").eval("high - low")
    assert width["lone"] > 1.3 * width.drop("lone").median()


def test_a_perfect_score_is_not_infinite_capability() -> None:
    scores, _, _ = market_of(30, 10, seed=5)
    perfect = pd.DataFrame({"model": "perfect", "benchmark": [f"b{i:02}" for i in range(10)],
                            "score": 1.0})  # fmt: skip
    models, _ = fit(pd.concat([scores, perfect]))
    found = models.set_index("model").loc["perfect"]
    assert np.isfinite(found[["capability", "low", "high"]].astype(float)).all()
    assert found["capability"] < 5 * SDS["capability"]


@pytest.mark.parametrize("score", [-0.01, 1.01, 70.0, float("nan")])
def test_a_score_that_is_no_share_is_refused(score: float) -> None:
    scores = pd.DataFrame({"model": ["a", "b"], "benchmark": ["x", "x"], "score": [0.5, score]})
    with pytest.raises(ValueError, match="0 to 1"):
        fit(scores)


def test_an_empty_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="no scores"):
        fit(pd.DataFrame(columns=["model", "benchmark", "score"]))


def test_the_order_of_rows_and_the_names_of_benchmarks_do_not_matter() -> None:
    scores, _, _ = market_of(30, 12, seed=6)
    models, _ = fit(scores)
    shuffled = scores.sample(frac=1, random_state=1)
    renamed = shuffled.assign(benchmark="z" + shuffled["benchmark"].str[::-1])
    again, _ = fit(renamed)
    columns = ["capability", "low", "high"]
    assert list(again["model"]) == list(models["model"])
    assert np.allclose(again[columns], models[columns], atol=1e-4)


def test_a_repeat_weighted_to_one_counts_as_one() -> None:
    scores, _, _ = market_of(30, 12, seed=7)
    once, _ = fit(scores)
    twice, _ = fit(pd.concat([scores, scores]).assign(weight=0.5))
    assert np.allclose(once["capability"], twice["capability"], atol=1e-4)
    assert np.allclose(once["low"], twice["low"], atol=1e-3)


def test_an_ability_without_evidence_is_the_overall_value_but_less_sure() -> None:
    scores, _, _ = market_of(30, 12, seed=8)
    fitted = estimate(scores.assign(ability="mathematics"))
    overall = fitted.joint(["m03"], {})
    seen = fitted.joint(["m03"], {"mathematics": 1.0})
    unseen = fitted.joint(["m03"], {"knowledge": 1.0})
    assert seen.unseen[0] == 0
    assert unseen.unseen[0] == pytest.approx(fitted.sds["ability"] ** 2)
    assert unseen.values[0] == overall.values[0]
    assert unseen.variance[0] == pytest.approx(overall.variance[0])


def test_the_chance_of_being_ahead_and_behind_make_one(warehouse: Connection) -> None:
    """Two models launched together are each other's incumbent."""
    apart = rows(
        warehouse,
        "select a.probability_entrant_above + b.probability_entrant_above, "
        "a.difference + b.difference from analysis.comparisons as a "
        "inner join analysis.comparisons as b on b.known_on = a.known_on "
        "and b.basket_kind = a.basket_kind and b.basket_id = a.basket_id "
        "and b.entrant_id = a.incumbent_id and b.incumbent_id = a.entrant_id",
    )
    assert len(apart) > 100
    assert all(abs(total - 1) < 1e-9 and abs(sum_) < 1e-6 for total, sum_ in apart)


def probability(
    connection: Connection, entrant: str, incumbent: str, ability: str, basis: str = "hindsight"
) -> float:
    """P(entrant at least as able) in one ability, from the newest fit or the day after launch."""
    order = "desc" if basis == "hindsight" else "asc"
    [(found,)] = rows(
        connection,
        "select probability_entrant_above from analysis.comparisons where entrant_id = ? "
        "and incumbent_id = ? and basket_kind = 'ability' and basket_id = ? "
        f"order by known_on {order} limit 1",
        [entrant, incumbent, ability],
    )
    return float(found)


O1_MINI, O1_PREVIEW = "openai/o1-mini-2024-09-12", "openai/o1-preview-2024-09-12"
SONNET = "anthropic/claude-3-5-sonnet-20240620"


def test_o1_mini_is_ahead_of_o1_preview_in_competition_mathematics(edition: Connection) -> None:
    assert probability(edition, O1_MINI, O1_PREVIEW, "competition_math") > 0.8


def test_claude_3_5_sonnet_is_ahead_of_o1_mini_in_code_editing(edition: Connection) -> None:
    assert probability(edition, O1_MINI, SONNET, "code_editing") < 0.2


def test_o1_preview_is_ahead_of_o1_mini_in_knowledge(edition: Connection) -> None:
    assert probability(edition, O1_MINI, O1_PREVIEW, "knowledge") < 0.1


def test_little_evidence_is_stated_as_such(edition: Connection) -> None:
    """A basket without a result for a model says so beside its value."""
    [(share, missing, width, seen_width)] = rows(
        edition,
        "select min(evidence_share), min(abilities_without_evidence), "
        "avg(capability_high - capability_low) filter (where evidence_share = 0), "
        "avg(capability_high - capability_low) filter (where evidence_share = 1) "
        "from analysis.capabilities where basket_kind = 'ability'",
    )
    assert share == 0
    assert missing
    assert width > seen_width


def test_nothing_is_said_of_an_ability_without_results(edition: Connection) -> None:
    said = rows(
        edition,
        "select count(*) filter (where c.least_evidence_share > 0), count(*) "
        "from analysis.comparisons as c",
    )
    assert said[0][0] == said[0][1] > 1000
    [(asked, answered)] = rows(
        edition,
        "select count(*), count(c.probability_above) from "
        "comparison_on('openai/o1-mini', 'openai/o1-preview', '2024-09-13') as c "
        "where c.abilities_without_evidence = c.basket_id",
    )
    assert asked > 3
    assert answered == 0


# ------------------------------------------------------------------ which results, which days


def results_of(*rows_: tuple[str, str, date], **more: object) -> pd.DataFrame:
    """Results as `READS` gives them: model, benchmark, known on."""
    frame = pd.DataFrame(rows_, columns=["model_id", "benchmark_id", "known_on"])
    ids = [f"r{i}" for i in range(len(frame))]
    given = {
        "result_id": ids, "measurement_id": ids, "source": "feed", "benchmark_release": None,
        "effort": UNSTATED, "score_share": 0.5, "evidence": "independent", "superseded_on": NEVER,
        "ability_id": frame["benchmark_id"].str[0], "chance_share": 0.0, "ceiling_share": 1.0,
    }  # fmt: skip
    return frame.assign(**{**given, **more})


def days_of(results: pd.DataFrame) -> pd.DataFrame:
    """Days as `READS` gives them for these results."""
    return duckdb.sql(DAYS.format(results="select * from results")).df()


def days_kept(results: pd.DataFrame) -> list[date]:
    return list(capability.days_kept(days_of(results)))


DAY = date(2024, 1, 1)
NO_PARTS = pd.DataFrame({"part_id": [], "whole_id": []}, dtype=object)


def later(days: int) -> date:
    return DAY + timedelta(days)


def test_a_fit_is_kept_when_a_model_or_ability_is_first_measured_and_else_weekly() -> None:
    many = [(f"m{i}", f"b{j}", DAY) for i in range(10) for j in range(10)]
    news = [
        ("m0", "b10", later(1)),  # one of a hundred: waits
        ("new", "b0", later(2)),  # a model never measured
        ("m0", "c0", later(3)),  # an ability never measured
        ("m1", "b10", later(4)),  # waits
        ("m2", "b10", later(10)),  # a week after the last
        *[(f"m{i}", "b11", later(11)) for i in range(6)],  # more than a twentieth
    ]
    kept = days_kept(results_of(*many, *news))
    assert kept == [DAY, later(2), later(3), later(10), later(11)]


def test_days_kept_never_change_when_more_is_known() -> None:
    random = np.random.default_rng(0)
    found = [
        (f"m{random.integers(40)}", f"{'abc'[random.integers(3)]}{random.integers(20)}",
         later(int(random.integers(300))))
        for _ in range(600)
    ]  # fmt: skip
    results = results_of(*found).drop_duplicates(["model_id", "benchmark_id"])
    kept = days_kept(results)
    assert 20 < len(kept) < 200
    for day in kept[::7]:
        assert days_kept(results[results["known_on"] <= day]) == [d for d in kept if d <= day]


def test_a_replaced_figure_counts_until_it_was_known_to_be_replaced() -> None:
    results = results_of(
        ("m", "b", DAY), ("m", "b", later(5)), score_share=[0.4, 0.6],
        superseded_on=[later(5), NEVER],
    )  # fmt: skip
    assert list(standing_results(results, NO_PARTS, later(4))["score_share"]) == [0.4]
    assert list(standing_results(results, NO_PARTS, later(5))["score_share"]) == [0.6]


def test_a_measurement_stated_twice_counts_once_and_as_its_best_evidence() -> None:
    results = results_of(
        ("m", "b", DAY), ("m", "b", later(1)), measurement_id="one",
        evidence=["quoted", "official"],
    )  # fmt: skip
    assert list(standing_results(results, NO_PARTS, DAY)["evidence"]) == ["quoted"]
    assert list(standing_results(results, NO_PARTS, later(1))["evidence"]) == ["official"]


def test_a_composite_is_no_evidence_beside_its_parts() -> None:
    parts = pd.DataFrame({"part_id": ["part"], "whole_id": ["whole"]})
    results = results_of(("m", "part", DAY), ("m", "whole", DAY), ("n", "whole", DAY))
    left = standing_results(results, parts, DAY)
    assert list(zip(left["model_id"], left["benchmark_id"], strict=True)) == [
        ("m", "part"),
        ("n", "whole"),
    ]


def test_a_benchmark_has_one_vote_per_model_however_often_it_was_run() -> None:
    results = results_of(
        ("m", "b", DAY), ("m", "b", DAY), ("m", "b", DAY), ("m", "c", DAY), ("n", "b", DAY),
        benchmark_release=["1", "2", "2", None, None], effort=["low", "high", "high", "low", "low"],
    )  # fmt: skip
    votes = as_scores(results).groupby(["model", results["benchmark_id"]])["weight"].sum()
    assert votes.round(12).eq(1).all()


# ------------------------------------------------------------------ scale


def computed(
    results: pd.DataFrame,
    index: dict[str, float],
    kept: frozenset[str] = frozenset(),
    may_defer: bool = False,
) -> dict[str, Any]:
    anchors = pd.DataFrame({"model_id": list(index), "index_value": list(index.values())})
    baskets = pd.DataFrame(
        {"segment_id": ["s"], "needs_low_latency": [False], "ability_id": ["b"], "weight": [1.0]}
    )
    return capability.compute(
        days_of(results),
        lambda first, last: results.copy(),
        results[["ability_id"]].drop_duplicates(),
        baskets,
        anchors,
        NO_PARTS,
        kept,
        may_defer,
    )


@pytest.fixture(scope="module")
def small() -> pd.DataFrame:
    """Results of 20 models on 10 benchmarks of two abilities, known on three days."""
    scores, _, _ = market_of(20, 10, seed=30, share=1.4)
    results = results_of(
        *((row.model, row.benchmark, later(int(row.model[1:]) % 3 * 10)) for row in
          scores.itertuples()),
    )  # fmt: skip
    ability = np.where(results["benchmark_id"] < "b05", "b", "c")
    return results.assign(score_share=scores["score"].to_numpy(), ability_id=ability)


def overall(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    last = frames["capabilities"]["known_on"].max()
    found = frames["capabilities"].query("basket_kind == 'overall'")
    return found[found["known_on"] == last].set_index("model_id")


def test_two_anchors_have_their_values_by_definition(small: pd.DataFrame) -> None:
    order = overall(computed(small, {}))["capability"].sort_values().index
    low, high = str(order[4]), str(order[15])
    frames = computed(small, {low: 130.0, high: 150.0})
    found = overall(frames)["capability"]
    assert found[[low, high]].to_list() == pytest.approx([130, 150])
    assert frames["fits"]["is_unit_anchored"].iloc[-1]
    assert list(found.sort_values().index) == list(order)


def test_with_one_anchor_the_unit_is_a_convention_and_with_none_the_mean_model_is_100(
    small: pd.DataFrame,
) -> None:
    one = computed(small, {"m03": 130.0, "never measured": 150.0})
    assert overall(one)["capability"]["m03"] == pytest.approx(130)
    assert overall(one)["capability_sd"]["m03"] == pytest.approx(0, abs=1e-6)
    assert one["fits"]["points_per_logit"].eq(capability.POINTS).all()
    assert not one["fits"]["is_unit_anchored"].any()
    none = computed(small, {})
    assert overall(none)["capability"].mean() == pytest.approx(100)
    assert none["fits"]["anchors"].isna().all()
    assert not none["capabilities"]["is_anchored"].any()


def test_anchors_that_cannot_tell_the_unit_do_not(small: pd.DataFrame) -> None:
    """Two models of one capability, or in the wrong order, would blow the scale up."""
    order = overall(computed(small, {}))["capability"].sort_values().index
    frames = computed(small, {str(order[15]): 130.0, str(order[4]): 150.0})
    assert frames["fits"]["points_per_logit"].eq(capability.POINTS).all()
    assert overall(frames)["capability"][order[15]] == pytest.approx(130)


# ------------------------------------------------------------------ what is kept


def test_fits_kept_are_those_computed_anew(small: pd.DataFrame) -> None:
    """Day by day, each run with the fits of the last, or at once: the same rows, to the bit."""
    at_once = computed(small, {"m03": 130.0})
    kept: frozenset[str] = frozenset()
    parts = []
    for day in (DAY, later(10), later(20)):
        frames = computed(small[small["known_on"] <= day], {"m03": 130.0}, kept)
        assert set(frames["capabilities"]["known_on"]) == {day}
        parts.append(frames["capabilities"])
        kept = frozenset(frames["standing"]["fit_id"])
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), at_once["capabilities"])
    assert list(at_once["standing"]["fit_id"]) == list(frames["standing"]["fit_id"])


def test_a_run_without_news_computes_nothing_and_keeps_the_rows(small: pd.DataFrame) -> None:
    frames = computed(small, {"m03": 130.0})
    again = computed(small, {"m03": 130.0}, frozenset(frames["standing"]["fit_id"]))
    assert all(again[name].empty for name in capability.TABLES)
    changed = computed(small, {"m03": 131.0}, frozenset(frames["standing"]["fit_id"]))
    assert len(changed["fits"]) == len(frames["fits"])


def test_new_fits_are_left_for_later_while_the_others_stand(small: pd.DataFrame) -> None:
    early = small[small["known_on"] < small["known_on"].max()]
    before = frozenset(computed(early, {})["standing"]["fit_id"])
    left = computed(small, {}, before, may_defer=True)
    assert left["is_deferred"]
    assert set(left["standing"]["fit_id"]) == before
    assert all(left[name].empty for name in capability.TABLES)
    made = computed(small, {}, before)
    assert not made["is_deferred"]
    assert len(made["fits"]) == 1
    assert before < set(made["standing"]["fit_id"])
    assert not computed(early, {}, before, may_defer=True)["is_deferred"], "nothing is new"
    assert not computed(small, {}, may_defer=True)["is_deferred"], "there is no other yet"


def test_fits_are_made_at_once_where_those_kept_stand_no_more(small: pd.DataFrame) -> None:
    early = small[small["known_on"] < small["known_on"].max()]
    before = frozenset(computed(early, {})["standing"]["fit_id"])
    renamed = small.assign(model_id=small["model_id"].replace("m00", "m00-renamed"))
    made = computed(renamed, {}, before, may_defer=True)
    assert not made["is_deferred"]
    assert len(made["fits"]) == len(made["standing"])


def test_a_fit_stays_the_same_when_a_result_of_it_is_replaced_later(small: pd.DataFrame) -> None:
    last = small["known_on"].max()
    before = list(computed(small, {})["standing"]["fit_id"])
    replaced = small.assign(superseded_on=small["superseded_on"].where(
        small.index != 0, last + timedelta(10)))  # fmt: skip
    assert list(computed(replaced, {})["standing"]["fit_id"])[: len(before)] == before


def test_kept_rows_stay_and_others_go(small: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables after two runs, the second with other results of the last day."""
    members = [catalogue().tables[f"analysis.{name}"] for name in capability.TABLES]
    connection = duckdb.connect()
    tables.create_schemas(connection)
    other = small.assign(score_share=small["score_share"].where(small["known_on"] < later(20), 0.5))
    for results in (small, other):
        frames = {"results": results}
        monkeypatch.setattr(
            tables,
            "python_step",
            lambda module, frames=frames: tables.PythonStep(
                module, {}, lambda kept: computed(frames["results"], {"m03": 130.0}, kept)
            ),
        )
        tables.build_python(capability.__name__, members, connection)
    fresh = computed(other, {"m03": 130.0})
    for name in capability.TABLES:
        columns = catalogue().tables[f"analysis.{name}"].columns
        stored = connection.execute(f"select * from analysis.{name}").df()[list(columns)]
        connection.register(f"computed_{name}", fresh[name])
        expected = connection.execute(catalogue().tables[f"analysis.{name}"].select).df()
        connection.unregister(f"computed_{name}")
        key = [c for c in ("known_on", "basket_kind", "basket_id", "model_id", "benchmark", "name")
               if c in columns]  # fmt: skip
        stored, expected = (
            frame.sort_values(key).drop(columns="known_on").astype(object).fillna("").to_numpy()
            for frame in (stored, expected)
        )
        assert (stored == expected).all()


def test_the_normal_probability_of_sql_is_scipys(edition: Connection) -> None:
    z = np.linspace(-8, 8, 801)
    found = edition.execute(
        "select normal_probability(z) from (select unnest(?) as z)", [z.tolist()]
    ).fetchall()
    assert np.abs(np.array(found)[:, 0] - ndtr(z)).max() < 1e-7
