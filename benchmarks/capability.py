"""How long the fit of capability takes, from the size of Epoch's index to a million scores.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/capability.py [ARCHIVE]

Fits four problems: the inputs of Epoch's own index (read from ARCHIVE, default ../shared/archive;
made up in the same size where there is none), made-up ones of the size of the whole archive's
results, and of 100,000 and 1,000,000 scores, where the time per score says whether cost is linear.
The first is also fitted from a warm start, as the pipeline does from day to day, and by
`scipy.optimize.least_squares` with a numeric Jacobian, as the index itself is, for the ratio; and
its ranks are compared with the index as published.
"""

import argparse
import os
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import least_squares
from scipy.special import expit

from pipelines.analysis.capability import (
    GENERAL,
    SD_CAPABILITY,
    SD_DIFFICULTY,
    SD_LOG_SLOPE,
    Fit,
    estimate,
)
from pipelines.settings import PROJECT
from pipelines.sources.epoch_stitching import EXTERNAL, RUNS, SCORE_COLUMNS, VERSIONS

STITCHING = "epoch_stitching/2025-12-03"
INDEX = "epoch_eci/2025-12-19/eci_scores.csv"
#: What Epoch leaves out: part of another, and the two that are no share of anything.
LEFT_OUT = {"boolq", "mcbench", "metr"}
TASKS_LEFT_OUT = "Public"
#: Points of full marks where a file gives scores without a percent sign; 1 elsewhere.
FULL_MARKS = {"aider_polyglot": 100, "livebench": 100, "os_world": 100, "lech_mazur_writing": 10}
LEAST_BENCHMARKS = 4
SINCE = pd.Timestamp("2022-11-01")
#: Made-up problems: models, benchmarks, scores per model.
EPOCH_SIZE = (179, 38, 7)
SIZES = {
    "the archive's size": (700, 150, 21),
    "100,000 scores": (2_000, 200, 50),
    "1,000,000 scores": (20_000, 200, 50),
}
ABILITIES = 8


def epoch_versions(archive: Path) -> pd.DataFrame:
    """`model` (a version), its `group` and `released_on`, of Epoch's frozen repository."""
    versions = pd.read_csv(archive / STITCHING / VERSIONS, encoding="utf-8-sig")
    return pd.DataFrame(
        {
            "model": versions["id"],
            "group": versions["Model"],
            "released_on": pd.to_datetime(versions["Version release date"], errors="coerce"),
        }
    )


def epoch_scores(archive: Path) -> pd.DataFrame:
    """`model`, `benchmark`, `score` by the input rules of Epoch's index.

    Sourced rows of models released since November 2022 with more than three benchmarks; of repeats
    the best.
    """
    parts = []
    for path in sorted((archive / STITCHING).glob(f"{EXTERNAL}*.csv")):
        name = path.stem.removeprefix(EXTERNAL)
        if name in LEFT_OUT:
            continue
        rows = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
        rows = rows.dropna(subset=["Model version", SCORE_COLUMNS[name], "Source"])
        text = rows[SCORE_COLUMNS[name]]
        most = np.where(text.str.endswith("%"), 100, FULL_MARKS.get(name, 1))
        score = text.str.rstrip("%").astype(float) / most
        parts.append(
            pd.DataFrame({"model": rows["Model version"], "benchmark": name, "score": score})
        )
    runs = pd.read_csv(archive / STITCHING / RUNS, encoding="utf-8-sig")
    runs = runs[~runs["task"].str.contains(TASKS_LEFT_OUT)]
    parts.append(
        pd.DataFrame(
            {
                "model": runs["model"],
                "benchmark": runs["task"],
                "score": runs["Best score (across scorers)"],
            }
        )
    )
    scores = pd.concat(parts)
    scores = scores[scores["score"].between(0, 1)]
    taken = scores.groupby("model")["benchmark"].transform("nunique")
    scores = scores[taken >= LEAST_BENCHMARKS].merge(epoch_versions(archive), on="model")
    scores = scores[scores["released_on"] >= SINCE]
    return scores.groupby(["model", "benchmark"], as_index=False)["score"].max()


def made_up(models: int, benchmarks: int, results: int, abilities: int) -> pd.DataFrame:
    """Scores drawn from the model itself, `results` of each model; abilities in turn."""
    random = np.random.default_rng(0)
    capability, difficulty = random.normal(0, 1.5, models), random.normal(0, 1.2, benchmarks)
    slope = np.exp(random.normal(0, 0.3, benchmarks))
    deviation = random.normal(0, 0.4, (models, abilities + 1))
    deviation[:, 0] = 0
    model = np.repeat(np.arange(models), results)
    benchmark = random.random((models, benchmarks)).argsort(axis=1)[:, :results].ravel()
    ability = benchmark % (abilities + 1)
    gap = capability[model] + deviation[model, ability] - difficulty[benchmark]
    score = expit(slope[benchmark] * gap) + random.normal(0, 0.04, len(model))

    def named(letter: str, count: int) -> np.ndarray:
        return np.array([f"{letter}{i:06}" for i in range(count)], dtype=object)

    return pd.DataFrame(
        {
            "model": named("m", models)[model],
            "benchmark": named("b", benchmarks)[benchmark],
            "ability": np.array([GENERAL, *named("a", abilities)], dtype=object)[ability],
            "score": np.clip(score, 0, 1),
        }
    )


def by_scipy(scores: pd.DataFrame, noise: float) -> np.ndarray:
    """The same minimum without abilities, by trust region and numeric Jacobian."""
    model, models = pd.factorize(scores["model"], sort=True)
    benchmark, benchmarks = pd.factorize(scores["benchmark"], sort=True)
    m, b = len(models), len(benchmarks)
    score = scores["score"].to_numpy(float)
    sd = np.repeat([SD_CAPABILITY, SD_DIFFICULTY, SD_LOG_SLOPE], [m, b, b])

    def residuals(values: np.ndarray) -> np.ndarray:
        gap = values[model] - values[m + benchmark]
        expected = expit(np.exp(values[m + b + benchmark]) * gap)
        return np.concatenate([(score - expected) / noise, values / sd])

    return np.asarray(least_squares(residuals, np.zeros(len(sd))).x)


def timed(scores: pd.DataFrame, start: Fit | None = None, tries: int = 1) -> tuple[float, Fit]:
    """Seconds of the fastest of several fits, and the fit."""
    seconds = []
    for _ in range(tries):
        started = time.perf_counter()
        fitted = estimate(scores, start)
        seconds.append(time.perf_counter() - started)
    return min(seconds), fitted


def row(title: str, scores: pd.DataFrame, seconds: float) -> None:
    """Print one measured case."""
    models, benchmarks = scores["model"].nunique(), scores["benchmark"].nunique()
    each = 1e6 * seconds / len(scores)
    print(
        f"{title:<28}{len(scores):>10,} scores {models:>7,} models {benchmarks:>4} benchmarks "
        f"{seconds:8.3f} s {each:6.1f} us a score"
    )


def index_sized(archive: Path) -> None:
    """Fit the size of Epoch's index: cold, warm, by scipy; and compare with what is published."""
    is_real = (archive / STITCHING).is_dir()
    scores = epoch_scores(archive) if is_real else made_up(*EPOCH_SIZE, 0)
    seconds, fitted = timed(scores, tries=5)
    row("Epoch's inputs" if is_real else "Epoch's size, made up", scores, seconds)
    last_model = scores["model"] == fitted.models[-1]
    before = estimate(scores[~last_model])
    warm, again = timed(scores, before, tries=5)
    row("  from the day before", scores, warm)
    started = time.perf_counter()
    by_other = by_scipy(scores, fitted.noise)
    other = time.perf_counter() - started
    row("  scipy, numeric Jacobian", scores, other)
    print(
        f"  {other / seconds:.0f} times as fast; estimates differ by at most "
        f"{np.abs(by_other - fitted.values).max():.4f} from scipy's, "
        f"{np.abs(again.values - fitted.values).max():.4f} from a warm start (logit scale)"
    )
    if is_real:
        found = against_index(archive, fitted)
        print(f"  Spearman with the published index: {found[0]:.3f} on {found[1]} versions")


def against_index(archive: Path, fitted: Fit) -> tuple[float, int]:
    """Spearman of capabilities with the published index, which has a value per group; versions."""
    published = pd.read_csv(archive / INDEX).set_index("Model")["eci"]
    group = epoch_versions(archive).drop_duplicates("model").set_index("model")["group"]
    versions = pd.DataFrame(
        {
            "capability": fitted.values[: len(fitted.models)],
            "index": group.reindex(fitted.models).map(published).to_numpy(),
        }
    ).dropna()
    return float(versions["capability"].corr(versions["index"], method="spearman")), len(versions)


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    beside = PROJECT.parent / "shared" / "archive"
    parser.add_argument("archive", nargs="?", type=Path, default=beside)
    archive = parser.parse_args().archive
    print(f"threads: {os.environ.get('OMP_NUM_THREADS', 'as many as there are cores')}")
    index_sized(archive)
    for title, size in SIZES.items():
        scores = made_up(*size, ABILITIES)
        row(title, scores, timed(scores)[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"this process: {peak:.0f} MB at most")


if __name__ == "__main__":
    main()
