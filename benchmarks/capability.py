"""Is the fit of capability right, better than the plain one, and fast?

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/capability.py [ARCHIVE]

On the inputs of Epoch's own index (read from ARCHIVE, default ../shared/archive):
- rank correlation with the index and the difficulties as published, and the anchors' values;
- 20 random hold-outs of a fifth of the scores: squared error against the plain two-parameter fit,
  which is Epoch's own (its loss, regularisation and bounds), on the same splits, and how often
  80% intervals cover; both fits see the same scores;
- time, beside `scipy.optimize.least_squares` with a numeric Jacobian on the same data and model,
  without abilities.
Then time and memory on made-up scores up to a million, where the time per score says whether cost
is linear. Without an archive only made-up scores are fitted.
"""

import argparse
import csv
import io
import os
import resource
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import least_squares
from scipy.special import expit
from scipy.stats import t as student

from pipelines.analysis.capability import REACH
from pipelines.analysis.item_response import GENERAL, SD_MEAN_SLOPE, SDS, Fit, estimate
from pipelines.settings import PROJECT, SQL
from pipelines.sources.epoch_stitching import EXTERNAL, RUNS, SCORE_COLUMNS, VERSIONS

STITCHING = "epoch_stitching/2025-12-03"
INDEX = "epoch_eci/2025-12-19/eci_scores.csv"
DIFFICULTIES = (
    "epoch_hub/2026-04-29/benchmark_data.zip",
    "additional_eci_data/eci_benchmark_difficulties_and_slopes.csv",
)
#: Groups of the index that fix its scale, and their values.
ANCHORS = {"Claude 3.5 Sonnet": 130.0, "GPT-5": 150.0}
#: What Epoch leaves out: part of another, and the two that are no share of anything.
LEFT_OUT = {"boolq", "mcbench", "metr"}
TASKS_LEFT_OUT = "Public"
#: Points of full marks where a file gives scores without a percent sign; 1 elsewhere.
FULL_MARKS = {"aider_polyglot": 100, "livebench": 100, "os_world": 100, "lech_mazur_writing": 10}
LEAST_BENCHMARKS = 4
SINCE = pd.Timestamp("2022-11-01")
#: The plain fit's regularisation and the benchmark whose slope it fixes.
LAMBDA, FIXED_SLOPE = 0.1, "winogrande"
HOLD_OUTS, HELD_SHARE = 20, 0.2
#: Made-up problems: models, benchmarks, scores per model.
EPOCH_SIZE = (179, 38, 7)
SIZES = {
    "the archive's size": (700, 150, 21),
    "100,000 scores": (2_000, 200, 50),
    "1,000,000 scores": (20_000, 200, 50),
}
ABILITIES = 8


# ------------------------------------------------------------------ Epoch's inputs


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


def letters(name: str) -> str:
    """A name without case, spaces and signs."""
    return "".join(c for c in name.lower() if c.isalnum())


def benchmark_facts() -> dict[str, tuple[str, float]]:
    """Ability and chance level from the seeds, by the letters of Epoch's name of the benchmark."""
    with (SQL / "seeds" / "benchmarks.csv").open() as file:
        facts = {
            row["benchmark_id"]: (row["ability_id"], float(row["chance_share"] or 0))
            for row in csv.DictReader(file)
        }
    with (SQL / "seeds" / "benchmark_spellings.csv").open() as file:
        return {
            letters(row["spelling"]): facts[row["benchmark_id"]]
            for row in csv.DictReader(file)
            if row["source"] == "epoch_stitching"
        }


def epoch_scores(archive: Path) -> pd.DataFrame:
    """`model`, `benchmark`, `score` by the rules of Epoch's index; `ability`, `chance` by ours.

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
    scores = scores.groupby(["model", "benchmark"], as_index=False)["score"].max()
    known = benchmark_facts()
    facts = [known.get(letters(name), (GENERAL, 0.0)) for name in scores["benchmark"]]
    return scores.assign(ability=[f[0] for f in facts], chance=[f[1] for f in facts])


def agreement(archive: Path, fitted: Fit) -> dict[str, tuple[float, int]]:
    """Spearman with what is published, and on how many: versions, groups, difficulties.

    The index has a value per group of versions; a group stands at its ablest version, as there.
    """
    published = pd.read_csv(archive / INDEX).set_index("Model")["eci"]
    group = epoch_versions(archive).drop_duplicates("model").set_index("model")["group"]
    versions = pd.DataFrame(
        {
            "capability": fitted.parts["capability"],
            "group": group.reindex(fitted.models).to_numpy(),
        }
    )
    versions["index"] = versions["group"].map(published)
    versions = versions.dropna()
    groups = versions.groupby("group").agg({"capability": "max", "index": "first"})
    with zipfile.ZipFile(archive / DIFFICULTIES[0]) as file:
        table = pd.read_csv(io.BytesIO(file.read(DIFFICULTIES[1])))
    theirs = dict(zip(map(letters, table["benchmark_name"]), table["edi"], strict=True))
    ours = pd.DataFrame(
        {
            "difficulty": fitted.parts["difficulty"],
            "edi": [theirs.get(letters(name)) for name in fitted.benchmarks],
        }
    ).dropna()
    return {
        "versions": (spearman(versions["capability"], versions["index"]), len(versions)),
        "groups": (spearman(groups["capability"], groups["index"]), len(groups)),
        "difficulties": (spearman(ours["difficulty"], ours["edi"]), len(ours)),
    }


def spearman(one: pd.Series, other: pd.Series) -> float:
    return float(one.corr(other.astype(float), method="spearman"))


def anchored(archive: Path, fitted: Fit) -> pd.DataFrame:
    """Index points of every group on the scale of the two anchors, beside the published ones."""
    published = pd.read_csv(archive / INDEX).set_index("Model")["eci"]
    group = epoch_versions(archive).drop_duplicates("model").set_index("model")["group"]
    found = pd.Series(fitted.parts["capability"], group.reindex(fitted.models).to_numpy())
    found = found.groupby(level=0).max()
    (low, low_value), (high, high_value) = ANCHORS.items()
    points = (high_value - low_value) / (found[high] - found[low])
    ours = low_value + points * (found - found[low])
    return pd.DataFrame({"ours": ours, "published": published}).dropna()


# ------------------------------------------------------------------ the plain fit, and hold-outs


def plain(scores: pd.DataFrame) -> pd.DataFrame:
    """Expected score of every model on every benchmark by Epoch's own fit: models x benchmarks.

    Least squares of sigmoid(a (C - D)) on the shares, one more residual for the L2 pull of all
    parameters to 0, bounds, one benchmark's slope fixed at 1, their start. The Jacobian is
    analytic; the minimum is the same as with theirs.
    """
    model, models = pd.factorize(scores["model"], sort=True)
    benchmark, benchmarks = pd.factorize(scores["benchmark"], sort=True)
    m, b = len(models), len(benchmarks)
    score = scores["score"].to_numpy(float)
    row = np.arange(len(score))
    fixed = list(benchmarks).index(FIXED_SLOPE)
    free = np.delete(np.arange(b), fixed)
    column = np.full(b, -1)
    column[free] = m + b + np.arange(b - 1)
    sloped = benchmark != fixed
    count = m + 2 * b - 1

    def split(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        slope = np.ones(b)
        slope[free] = values[m + b :]
        return values[:m], values[m : m + b], slope

    def residuals(values: np.ndarray) -> np.ndarray:
        capability, difficulty, slope = split(values)
        expected = expit(slope[benchmark] * (capability[model] - difficulty[benchmark]))
        return np.append(expected - score, np.sqrt(LAMBDA * np.sum(values**2) / count))

    def jacobian(values: np.ndarray) -> np.ndarray:
        capability, difficulty, slope = split(values)
        gap = capability[model] - difficulty[benchmark]
        expected = expit(slope[benchmark] * gap)
        along = expected * (1 - expected)
        found = np.zeros((len(score) + 1, count))
        found[row, model] = along * slope[benchmark]
        found[row, m + benchmark] = -along * slope[benchmark]
        found[row[sloped], column[benchmark[sloped]]] = (along * gap)[sloped]
        found[-1] = LAMBDA / count * values / np.sqrt(LAMBDA * np.sum(values**2) / count)
        return found

    start = np.append(np.random.RandomState(42).normal(0, 0.1, m + b), np.ones(b - 1))
    low = np.append(np.full(m + b, -10.0), np.full(b - 1, 0.1))
    found = least_squares(residuals, start, jacobian, (low, np.full(count, 10.0)), "trf").x
    capability, difficulty, slope = split(found)
    expected = expit(slope * (capability[:, None] - difficulty))
    return pd.DataFrame(expected, models, benchmarks)


def hold_outs(scores: pd.DataFrame, times: int = HOLD_OUTS) -> pd.DataFrame:
    """Per split: mean squared error of the plain fit and of ours, and coverage of 80% intervals."""
    found = []
    for seed in range(times):
        held = np.random.default_rng(seed).random(len(scores)) < HELD_SHARE
        known, new = scores[~held], scores[held]
        new = new[new["model"].isin(known["model"]) & new["benchmark"].isin(known["benchmark"])]
        table = plain(known)
        by_plain = np.array(
            [table.at[m, b] for m, b in zip(new["model"], new["benchmark"], strict=True)]
        )
        mean, sd = estimate(known).predict(new)
        score = new["score"].to_numpy(float)
        found.append(
            {
                "scores": len(new),
                "plain": float(np.mean((by_plain - score) ** 2)),
                "ours": float(np.mean((mean - score) ** 2)),
                "covered": float(np.mean(np.abs(mean - score) <= REACH * sd)),
            }
        )
    return pd.DataFrame(found)


def paired(found: pd.DataFrame) -> tuple[float, float, float]:
    """Mean difference of squared error, ours less plain, with its 95% interval."""
    difference = found["ours"] - found["plain"]
    reach = student.ppf(0.975, len(found) - 1) * difference.std(ddof=1) / np.sqrt(len(found))
    mean = float(difference.mean())
    return mean, mean - float(reach), mean + float(reach)


# ------------------------------------------------------------------ time


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


def by_scipy(scores: pd.DataFrame, fitted: Fit) -> np.ndarray:
    """The same minimum without abilities, by trust region and numeric Jacobian."""
    model, models = pd.factorize(scores["model"], sort=True)
    benchmark, benchmarks = pd.factorize(scores["benchmark"], sort=True)
    m, b = len(models), len(benchmarks)
    score = scores["score"].to_numpy(float)
    chance = scores["chance"].to_numpy(float) if "chance" in scores else np.zeros(len(score))
    sd = np.repeat([SDS["capability"], SDS["difficulty"], SDS["log_slope"]], [m, b, b])

    def residuals(values: np.ndarray) -> np.ndarray:
        gap = values[model] - values[m + benchmark]
        solved = expit(np.exp(values[m + b + benchmark]) * gap)
        expected = chance + (1 - chance) * solved
        pinned = np.mean(values[m + b :]) / SD_MEAN_SLOPE
        return np.concatenate([(score - expected) / fitted.noise[benchmark], values / sd, [pinned]])

    return np.asarray(least_squares(residuals, np.zeros(len(sd))).x)


def timed(scores: pd.DataFrame, tries: int = 1) -> tuple[float, Fit]:
    """Seconds of the fastest of several fits, and the fit."""
    seconds = []
    for _ in range(tries):
        started = time.perf_counter()
        fitted = estimate(scores)
        seconds.append(time.perf_counter() - started)
    return min(seconds), fitted


def row(title: str, scores: pd.DataFrame, seconds: float) -> None:
    """Print one measured case."""
    models, benchmarks = scores["model"].nunique(), scores["benchmark"].nunique()
    each = 1e6 * seconds / len(scores)
    print(
        f"{title:<28}{len(scores):>10,} scores {models:>7,} models {benchmarks:>4} benchmarks "
        f"{seconds:8.3f} s {each:6.1f} us a score",
        flush=True,
    )


def index_sized(scores: pd.DataFrame, title: str) -> None:
    """Time fits of the size of Epoch's index: with abilities, without, and by scipy."""
    row(title, scores, timed(scores, tries=5)[0])
    alike = scores.drop(columns="ability")
    seconds, fitted = timed(alike, tries=5)
    row("  without abilities", alike, seconds)
    started = time.perf_counter()
    by_other = by_scipy(alike, fitted)
    other = time.perf_counter() - started
    row("  scipy, numeric Jacobian", alike, other)
    print(
        f"  {other / seconds:.0f} times as fast, and it learns the noise beside; estimates differ "
        f"by at most {np.abs(by_other - fitted.values).max():.4f} (logit scale)"
    )


def on_the_index(archive: Path) -> None:
    """Everything on Epoch's inputs."""
    scores = epoch_scores(archive)
    fitted = estimate(scores)
    for what, (correlation, count) in agreement(archive, fitted).items():
        print(f"Spearman with what is published, {what:<13}{correlation:.4f} on {count}")
    values = anchored(archive, fitted)
    apart = (values["ours"] - values["published"]).abs()
    held = ", ".join(f"{name} = {values.at[name, 'ours']:.1f}" for name in ANCHORS)
    print(f"{held}; other groups differ by {apart.median():.1f} points in the median")
    found = hold_outs(scores)
    mean, low, high = paired(found)
    lower = (found["ours"] < found["plain"]).sum()
    print(
        f"{len(found)} hold-outs: squared error {found['plain'].mean():.5f} plain, "
        f"{found['ours'].mean():.5f} ours; difference {mean:.5f} ({low:.5f} to {high:.5f}), "
        f"lower in {lower}; 80% intervals cover {found['covered'].mean():.3f} "
        f"({found['covered'].min():.2f} to {found['covered'].max():.2f})"
    )
    index_sized(scores, "Epoch's inputs")


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    beside = PROJECT.parent / "shared" / "archive"
    parser.add_argument("archive", nargs="?", type=Path, default=beside)
    archive = parser.parse_args().archive
    print(f"threads: {os.environ.get('OMP_NUM_THREADS', 'as many as there are cores')}")
    if (archive / STITCHING).is_dir():
        on_the_index(archive)
    else:
        index_sized(made_up(*EPOCH_SIZE, ABILITIES), "Epoch's size, made up")
    for title, size in SIZES.items():
        scores = made_up(*size, ABILITIES)
        row(title, scores, timed(scores)[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"this process: {peak:.0f} MB at most")


if __name__ == "__main__":
    main()
