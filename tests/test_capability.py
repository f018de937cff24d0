"""The fit of capability recovers what is known, and says how sure it is."""

import numpy as np
import pandas as pd
import pytest
from feeds import rows

from pipelines.analysis.capability import SD_CAPABILITY, estimate, fit
from pipelines.tables import Connection


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
    assert found["capability"] < 5 * SD_CAPABILITY


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
    seen, none = fitted.combination("m03", {"mathematics": 1.0})
    unseen, prior = fitted.combination("m03", {"knowledge": 1.0})
    assert none == 0
    assert prior > 0
    assert (unseen != 0).sum() == 1
    assert (seen != 0).sum() == 2


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
