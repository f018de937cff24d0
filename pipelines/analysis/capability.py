"""How able each model is, overall, per ability and per segment: which results count, on what scale.

The model, its loss and its solver are in `item_response.py`:

    score = chance_b + (ceiling_b - chance_b) * sigmoid(a_b * (able - D_b)) + noise
    able  = C_m + d_mk + G_e + g_me + V_q

(capability C, deviation in an ability d, effort G and g, kind of evidence V, difficulty D, slope
a), fitted by penalised least squares as Epoch AI's Capabilities Index is (A Rosetta Stone for AI
Benchmarks, 2025; https://epoch.ai/benchmarks/eci). Here is decided:

- **Results.** One row per measurement that stood on the day (`core.results`), headline metrics
  only. A benchmark has one vote per model, however often it was run, at whatever effort and in
  whatever release: its results share a weight of 1, for a model's luck with a kind of question
  comes back in every run of it.
- **Effort.** A result keeps the effort it was obtained at. A version stands at the effort at which
  it is ablest among those it was run at in the abilities asked about, as in the published index,
  whose groups take the best; in segments where people wait, at the effort its publishers do not
  state, or its lowest.
- **Evidence.** Independent runs are the reference; what vendors' own, quoted and second-hand
  figures run above them is estimated and taken off, and noisier kinds weigh less
  (`condition_effects`).
- **Scale.** Index points: the anchors of `core.capability_anchors` have their index values by
  definition (two fix zero and unit, as in the published index). With one anchor measured, the unit
  is `POINTS` per logit; with none, 100 is the mean of the models measured that day. Intervals are
  relative to the anchors: what all models share (how hard the benchmarks are) blurs no order.
- **Days.** Fits are pure functions of their results and kept under a hash of them, so that a run
  computes only those it does not have. Not every day has one (`days_kept`); a question is answered
  by the newest not after its `known_by`, and since whether a day is kept depends on nothing known
  later, that answer never changes.

The covariance of all models is kept as loads on `FACTORS` common factors and a remainder of each
model's own, so that SQL can say P(A > B) and draw from the joint posterior (`comparison_on`,
`standing_on`). What the factors leave out of a covariance is counted as the model's own, which
moves a probability towards one half: by 0.0003 on average and at most 0.05 on the archive.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from pipelines.analysis import INTERVAL
from pipelines.analysis.item_response import GENERAL, Array, Fit, Joint, estimate
from pipelines.settings import SQL

#: Standard deviations on each side that make the interval.
REACH = float(ndtri(0.5 + INTERVAL / 2))
#: Index points per logit where fewer than two anchors are measured: near what two give.
POINTS = 12.5
#: Points per logit that two anchors may imply; outside, they tell the unit too badly.
POINTS_LEAST, POINTS_MOST = 6.0, 60.0
#: Index value of the mean model in fits from days before any anchor was measured.
UNANCHORED_VALUE = 100.0
#: Common factors that carry the covariance of models.
FACTORS = 6
#: A fit is kept when evidence of new (model, benchmark) grew by this share, or after so long.
GROWTH, PATIENCE = 0.05, timedelta(days=7)
OVERALL = "overall"

RESULTS = (
    "select r.result_id, r.measurement_id, r.source, r.model_id, r.benchmark_id, "
    "r.benchmark_release, effort_level(r.configuration) as effort, r.score_share, r.evidence, "
    "cast(r.known_at as date) as known_on, "
    "coalesce(cast(r.superseded_at as date), date '9999-12-31') as superseded_on, "
    "b.ability_id, b.chance_share, b.ceiling_share from core.results as r "
    "inner join core.benchmarks as b on b.benchmark_id = r.benchmark_id "
    "where r.is_headline_metric and effort_level(r.configuration) <> 'parallel'"
)
#: Days on which evidence became known or was replaced. `state` says all that stood on a day: hashes
#: are added as results become known and taken off as they are replaced, in one pass over all days.
DAYS = """
with results as ({results}),

abilities as (
    select distinct f.on_day
    from (
        select min(r.known_on) as on_day from results as r group by r.model_id, r.ability_id
    ) as f
),

measured as (
    select f.on_day, count(*) as number
    from (
        select min(r.known_on) as on_day from results as r group by r.model_id, r.benchmark_id
    ) as f
    group by f.on_day
),

-- That a result was replaced since says nothing of the days on which it stood.
hashed as (
    select
        r.known_on, r.superseded_on,
        cast(hash(*columns(r.* exclude (superseded_on))) as hugeint) as h
    from results as r
),

said as (
    select r.known_on as on_day, r.h from hashed as r
    union all
    select r.superseded_on as on_day, -r.h as h
    from hashed as r
    where r.superseded_on < date '9999-12-31'
)

select
    s.on_day,
    cast(sum(sum(s.h)) over (order by s.on_day) as varchar) as state,
    a.on_day is not null as is_new,
    coalesce(m.number, 0) as measured
from said as s
left join abilities as a on a.on_day = s.on_day
left join measured as m on m.on_day = s.on_day
group by s.on_day, a.on_day, m.number
order by s.on_day
"""
READS = {
    "days": DAYS.format(results=RESULTS),
    # Those that may have stood on days asked for.
    "results": (
        f"select * from ({RESULTS}) as r "
        "where r.known_on <= $last::date and r.superseded_on > $first::date"
    ),
    "abilities": f"select distinct r.ability_id from ({RESULTS}) as r",
    "baskets": (
        "select s.segment_id, s.needs_low_latency, k.ability_id, k.weight from core.segments as s "
        "inner join core.segment_baskets as k on k.segment_id = s.segment_id"
    ),
    "anchors": "select a.model_id, a.index_value from core.capability_anchors as a",
    "parts": "select p.part_id, p.whole_id from core.benchmark_parts as p",
}
#: Day on which a figure that stands was replaced.
NEVER = date(9999, 12, 31)
EVIDENCE_ORDER = {"official": 0, "independent": 1, "quoted": 2, "secondary": 3}


def fit(scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimates for models and for benchmarks, with 80% intervals, on the logit scale.

    `scores`: `model`, `benchmark`, `score` (share of points, 0 to 1), and what else
    `item_response.estimate` takes. Returns (`model`, `capability`, `low`, `high`, `results`) at
    unstated effort, the interval relative to the mean model, and (`benchmark`, `difficulty`,
    `slope`, `low`, `high`, `results`), each sorted by name. Raises ValueError on an empty frame or
    a score outside 0 to 1.
    """
    fitted = estimate(scores)
    joint = fitted.joint(fitted.models, {})
    reach = REACH * np.sqrt(_about_the_mean(joint))
    models = pd.DataFrame(
        {
            "model": fitted.models,
            "capability": joint.values,
            "low": joint.values - reach,
            "high": joint.values + reach,
            "results": scores.groupby("model").size().reindex(fitted.models).to_numpy(),
        }
    )
    difficulty = fitted.parts["difficulty"]
    reach = REACH * fitted.common_sd["difficulty"]
    benchmarks = pd.DataFrame(
        {
            "benchmark": fitted.benchmarks,
            "difficulty": difficulty,
            "slope": np.exp(fitted.parts["log_slope"]),
            "low": difficulty - reach,
            "high": difficulty + reach,
            "results": scores.groupby("benchmark").size().reindex(fitted.benchmarks).to_numpy(),
        }
    )
    return models, benchmarks


# ------------------------------------------------------------------------- results and days


def days_kept(days: pd.DataFrame) -> dict[date, str]:
    """Days whose fit is kept, with their states.

    `days`: see `DAYS`; `is_new` says that a model was measured for the first time, at all or in an
    ability, `measured` how many (model, benchmark) for the first time. A day is kept when it is
    new; when the (model, benchmark) measured have grown by the share `GROWTH` since the last day
    kept; or `PATIENCE` after it. It depends on nothing known later, so that more payloads never
    change it, and the number of fits grows with what is new in the market and with weeks, not with
    fetches.
    """
    kept: dict[date, str] = {}
    so_far = count = 0
    last = date.min
    for moment, state, is_new, measured in zip(
        pd.to_datetime(days["on_day"]), days["state"], days["is_new"], days["measured"], strict=True
    ):
        day = moment.date()
        so_far += int(measured)
        if not kept or is_new or so_far >= (1 + GROWTH) * count or day - last >= PATIENCE:
            kept[day] = state
            last, count = day, so_far
    return kept


def standing_results(results: pd.DataFrame, parts: pd.DataFrame, day: date) -> pd.DataFrame:
    """Results that stood on a day: known by then, not replaced, one per measurement.

    Frames as `READS` has them. Of statements of one measurement the best evidenced speaks, as in
    the macro `results_known`. A composite is left out where a part of it is in.
    """
    known = results[(results["known_on"] <= day) & (results["superseded_on"] > day)]
    order = known.assign(
        rank=known["evidence"].map(EVIDENCE_ORDER), copied=known["source"] != "edition"
    ).sort_values(["measurement_id", "rank", "known_on", "copied", "source", "result_id"])
    found = known.loc[order.drop_duplicates("measurement_id").index]
    wholes = found[["model_id", "benchmark_id"]].merge(
        parts, left_on="benchmark_id", right_on="part_id"
    )
    counted = pd.MultiIndex.from_frame(wholes[["model_id", "whole_id"]])
    return found[~pd.MultiIndex.from_frame(found[["model_id", "benchmark_id"]]).isin(counted)]


def as_scores(results: pd.DataFrame) -> pd.DataFrame:
    """Results as the fit wants them: releases of a benchmark apart, one vote per benchmark."""
    release = results["benchmark_release"].fillna("")
    votes = results.groupby(["model_id", "benchmark_id"])["model_id"].transform("size")
    return pd.DataFrame(
        {
            "model": results["model_id"],
            "benchmark": results["benchmark_id"] + np.where(release == "", "", " " + release),
            "ability": results["ability_id"],
            "effort": results["effort"],
            "evidence": results["evidence"],
            "score": results["score_share"],
            "chance": results["chance_share"],
            "ceiling": results["ceiling_share"],
            "weight": 1.0 / votes,
        }
    )


def _method() -> bytes:
    """What a fit depends on beside its inputs: the code and the shape of its tables."""
    files = [Path(__file__), Path(__file__).with_name("item_response.py")]
    files += [SQL / "analysis" / f"{name}.sql" for name in TABLES]
    return b"".join(hashlib.md5(path.read_bytes()).digest() for path in files)


# ------------------------------------------------------------------------- tables

TABLES = ("fits", "capabilities", "benchmark_difficulties", "condition_effects")


@dataclass(frozen=True)
class Basket:
    """Abilities whose weighted deviations are added to capability, and at which effort."""

    kind: str
    name: str
    weights: dict[str, float]
    is_quick: bool = False


def _baskets(baskets: pd.DataFrame, abilities: list[str]) -> list[Basket]:
    found = [Basket(OVERALL, OVERALL, {})]
    found += [Basket("ability", ability, {ability: 1.0}) for ability in abilities]
    for segment, rows in baskets.groupby("segment_id"):
        weights = dict(zip(rows["ability_id"], rows["weight"].astype(float), strict=True))
        is_quick = bool(rows["needs_low_latency"].iloc[0])
        found.append(Basket("segment", str(segment), weights, is_quick))
    return found


def compute(
    days: pd.DataFrame,
    results: Callable[..., pd.DataFrame],
    abilities: pd.DataFrame,
    baskets: pd.DataFrame,
    anchors: pd.DataFrame,
    parts: pd.DataFrame,
    kept: Collection[str] = frozenset(),
    may_defer: bool = False,
) -> dict[str, Any]:
    """Rows of the fits not in `kept` for each of `TABLES`, and `standing`: all `fit_id` that stand.

    What `READS` says. Pure: a fit's rows depend on its results, the baskets and the anchors alone,
    in whatever order and company they are computed. Where `may_defer`, new fits are left for later
    while all those kept stand, and it `is_deferred`.
    """
    context = hashlib.md5(_method())
    for frame in (abilities, baskets, anchors, parts):
        rows = frame.sort_values(list(frame.columns)).to_csv(index=False)
        context.update(rows.encode())
    ids = {
        day: hashlib.md5(context.digest() + f"{day} {state}".encode()).hexdigest()
        for day, state in days_kept(days).items()
    }
    is_deferred = may_defer and bool(kept) and set(kept) < set(ids.values())
    if is_deferred:
        ids = {day: fit_id for day, fit_id in ids.items() if fit_id in kept}
    asked = [day for day, fit_id in ids.items() if fit_id not in kept]
    wanted = _baskets(baskets, sorted(set(abilities["ability_id"]) - {GENERAL}))
    index = dict(zip(anchors["model_id"], anchors["index_value"].astype(float), strict=True))
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    if asked:
        every = results(first=min(asked), last=max(asked))
        for column in ("known_on", "superseded_on"):
            every[column] = pd.to_datetime(every[column]).dt.date
    for day in asked:
        scores = as_scores(standing_results(every, parts, day))
        about = {"fit_id": ids[day], "known_on": day}
        for name, frame in _tables(scores, wanted, index).items():
            found[name].append(frame.assign(**about))
    frames = {
        name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS[name])
        for name, parts in found.items()
    }
    standing = pd.DataFrame({"fit_id": list(ids.values())})
    return {**frames, "standing": standing, "is_deferred": is_deferred}


def _tables(
    scores: pd.DataFrame, wanted: list[Basket], index: dict[str, float]
) -> dict[str, pd.DataFrame]:
    fitted = estimate(scores)
    scale = _scale(fitted, index, fitted.best_effort())
    counts = scores.groupby(["model", "ability"]).size().unstack(fill_value=0)
    independent = scores[scores["evidence"] == "independent"]
    of_them = independent.groupby(["model", "ability"]).size().unstack(fill_value=0)
    counts = counts.reindex(fitted.models)
    of_them = of_them.reindex(index=counts.index, columns=counts.columns).fillna(0)
    efforts = [
        fitted.least_effort() if basket.is_quick else fitted.best_effort(basket.weights)
        for basket in wanted
    ]
    relative = [
        _relative(fitted.joint(fitted.models, basket.weights, effort), scale)
        for basket, effort in zip(wanted, efforts, strict=True)
    ]
    # One basis for all baskets, so that their factors are the same ones.
    square = sum(r.sources.T @ r.sources for r in relative)
    basis = np.linalg.eigh(square)[1][:, ::-1][:, :FACTORS]
    basis = basis * np.where(np.sum(basis**3, axis=0) < 0, -1.0, 1.0)
    capabilities = [
        _capabilities(fitted, basket, row, basis, scale, counts, of_them).assign(effort=effort)
        for basket, row, effort in zip(wanted, relative, efforts, strict=True)
    ]
    return {
        "fits": pd.DataFrame(
            {
                "results": [len(scores)],
                "models": len(fitted.models),
                "benchmarks": len(fitted.benchmarks),
                "anchors": " ".join(scale.anchors) or None,
                "points_per_logit": scale.points,
                "is_unit_anchored": len(scale.anchors) > 1,
                "noise_share": float(np.sqrt(np.mean(fitted.noise**2))),
                "ability_sd": scale.points * fitted.sds["ability"],
            }
        ),
        "capabilities": pd.concat(capabilities, ignore_index=True),
        "benchmark_difficulties": _difficulties(fitted, scores, scale),
        "condition_effects": _conditions(fitted, scores, scale),
    }


@dataclass(frozen=True)
class _Scale:
    """What turns logits into index points: `shift` is the value of the mean of `zero`'s rows."""

    points: float
    shift: float
    zero: Joint
    anchors: list[str]


def _scale(fitted: Fit, index: dict[str, float], efforts: list[str]) -> _Scale:
    overall = fitted.joint(fitted.models, {}, efforts)
    known = [model for model in index if model in fitted.model_at]
    if not known:
        return _Scale(POINTS, UNANCHORED_VALUE, overall, [])
    zero = overall.take(np.array([fitted.model_at[model] for model in known], dtype=np.int64))
    values = np.array([index[model] for model in known])
    points = POINTS
    if len(known) > 1:
        slope = float(np.polyfit(zero.values, values, 1)[0])
        if POINTS_LEAST <= slope <= POINTS_MOST:
            points = slope
        else:
            known = known[:1]
            zero, values = zero.take(np.array([0])), values[:1]
    return _Scale(points, float(np.mean(values)), zero, known)


@dataclass(frozen=True)
class _Relative:
    """Models against the scale's zero, in index points: values and what their covariance is of.

    Rows of `sources` are loads on independent sources of unit variance that models share; `own` is
    the variance of what no two models share.
    """

    values: Array
    sources: Array
    own: Array


def _about_the_mean(joint: Joint) -> Array:
    """Variance of each row less the mean of all, without the unseen."""
    shared = joint.shared - np.mean(joint.shared, axis=0)
    own, rows = np.sum(joint.own**2, axis=1), len(joint.values)
    variance: Array = np.sum(shared**2, axis=1) + own * (1 - 2 / rows) + np.sum(own) / rows**2
    return variance


def _relative(joint: Joint, scale: _Scale) -> _Relative:
    zero = scale.zero
    own = np.sum(joint.own**2, axis=1)
    parts = [joint.shared - np.mean(zero.shared, axis=0)]
    # What a few anchors have of their own, all values share. The mean of all models has next to
    # nothing of its own.
    if scale.anchors:
        for model, load in zip(zero.model, zero.own, strict=True):
            part = np.tile(-load / len(zero.values), (len(joint.values), 1))
            part[joint.model == model] += joint.own[joint.model == model]
            parts.append(part)
        own = np.where(np.isin(joint.model, zero.model), 0.0, own)
    return _Relative(
        scale.shift + scale.points * (joint.values - np.mean(zero.values)),
        scale.points * np.concatenate(parts, axis=1),
        scale.points**2 * (own + joint.unseen),
    )


def _capabilities(
    fitted: Fit,
    basket: Basket,
    relative: _Relative,
    basis: Array,
    scale: _Scale,
    counts: pd.DataFrame,
    independent: pd.DataFrame,
) -> pd.DataFrame:
    """All models in one basket. `counts`, `independent`: their results by ability."""
    factors = relative.sources @ basis
    shared = np.sum(relative.sources**2, axis=1)
    sd = np.sqrt(shared + relative.own)
    # Overall asks about every ability alike.
    weights = basket.weights or dict.fromkeys(fitted.results.abilities, 1.0)
    abilities = list(weights)
    of_basket = counts.reindex(columns=abilities).fillna(0).astype(int)
    of_them = independent.reindex(columns=abilities).fillna(0).astype(int)
    if not basket.weights:
        of_basket, of_them = counts.fillna(0).astype(int), independent.fillna(0).astype(int)
    gaps = (counts.reindex(columns=abilities).fillna(0) == 0).to_numpy()
    weight = np.array(list(weights.values()), dtype=float)
    weight /= max(np.sum(weight), 1e-9)
    return pd.DataFrame(
        {
            "basket_kind": basket.kind,
            "basket_id": basket.name,
            "model_id": fitted.models,
            "capability": relative.values,
            "capability_low": relative.values - REACH * sd,
            "capability_high": relative.values + REACH * sd,
            "capability_sd": sd,
            "own_sd": np.sqrt(
                np.clip(shared - np.sum(factors**2, axis=1), 0.0, None) + relative.own
            ),
            **{f"factor_{i + 1}": _column(factors, i) for i in range(FACTORS)},
            "results": of_basket.sum(axis=1).to_numpy(),
            "independent_results": of_them.sum(axis=1).to_numpy(),
            "evidence_share": 1.0 - gaps @ weight,
            "abilities_without_evidence": [
                " ".join(sorted(a for a, is_gap in zip(abilities, row, strict=True) if is_gap))
                or None
                for row in gaps
            ],
            "is_anchored": bool(scale.anchors),
        }
    )


def _column(factors: Array, i: int) -> Array:
    """A factor's loads; zero where there are fewer sources than factors."""
    return factors[:, i] if i < factors.shape[1] else np.zeros(len(factors))


def _difficulties(fitted: Fit, scores: pd.DataFrame, scale: _Scale) -> pd.DataFrame:
    difficulty = fitted.parts["difficulty"]
    return pd.DataFrame(
        {
            "benchmark": fitted.benchmarks,
            "difficulty": scale.shift + scale.points * (difficulty - np.mean(scale.zero.values)),
            "difficulty_sd": scale.points * fitted.common_sd["difficulty"],
            "slope": np.exp(fitted.parts["log_slope"]),
            "results": scores.groupby("benchmark").size().reindex(fitted.benchmarks).to_numpy(),
            "noise_share": fitted.noise,
        }
    )


def _conditions(fitted: Fit, scores: pd.DataFrame, scale: _Scale) -> pd.DataFrame:
    """What effort and kind of evidence add to a result."""
    parts = []
    for condition, prior, names, noise in (
        ("effort", "effort_level", fitted.results.levels, np.ones(len(fitted.results.levels))),
        ("evidence", "evidence_kind", fitted.results.kinds, fitted.kind_noise),
    ):
        effect = scale.points * fitted.parts[prior]
        sd = scale.points * fitted.common_sd[prior]
        parts.append(
            pd.DataFrame(
                {
                    "condition": condition,
                    "name": pd.Series(names, dtype=object),
                    "effect": effect,
                    "effect_low": effect - REACH * sd,
                    "effect_high": effect + REACH * sd,
                    "weight": noise**-2.0,
                    "results": scores.groupby(condition).size().reindex(names).to_numpy(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


_ABOUT = ["fit_id", "known_on"]
#: Columns of an empty answer: a run in which every fit was kept.
COLUMNS = {
    "fits": [*_ABOUT, "results", "models", "benchmarks", "anchors", "points_per_logit",
             "is_unit_anchored", "noise_share", "ability_sd"],
    "capabilities": [*_ABOUT, "basket_kind", "basket_id", "model_id", "capability",
                     "capability_low", "capability_high", "capability_sd", "own_sd",
                     *(f"factor_{i + 1}" for i in range(FACTORS)), "results",
                     "independent_results", "evidence_share", "abilities_without_evidence",
                     "is_anchored", "effort"],
    "benchmark_difficulties": [*_ABOUT, "benchmark", "difficulty", "difficulty_sd", "slope",
                               "results", "noise_share"],
    "condition_effects": [*_ABOUT, "condition", "name", "effect", "effect_low", "effect_high",
                          "weight", "results"],
}  # fmt: skip
