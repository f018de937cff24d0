"""Writes `docs/backtest.md` and its plot: how forecasts of volume fared on the published warehouse.

python -m pipelines.backtest_page
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

from pipelines.analysis.backtest import (
    ALL,
    AS_KNOWN,
    LEFT_OUT,
    OWN,
    READS,
    RIVAL,
    ROLLING,
    leave_one_out,
)
from pipelines.briefings.charts import Calibration, draw
from pipelines.briefings.theme import read_theme
from pipelines.settings import PROJECT, Settings
from pipelines.tables import read_frames
from pipelines.warehouse import Connection, open_reader

PAGE = PROJECT / "docs" / "backtest.md"
PLOT = PROJECT / "docs" / "pictures" / "backtest-calibration.svg"
#: Bins of the probability said that a volume falls by more than 5%.
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0001)
Row = dict[str, Any]
ROLES = {
    ALL: "All products",
    OWN: "Products of the launching vendor",
    RIVAL: "Products of its rivals",
}

HEAD = """# Backtest: how the forecasts of volume fared

Made by `python -m pipelines.backtest_page` from the published warehouse; the facts behind it
reach to {until}. Every launch inside an archived usage series is forecast from what was known
before it, and graded against the list of the weeks (or days) after it: {windows}. The model is a
nested logit with Berry inversion (`pipelines/analysis/demand.py`); what is compared are its
forms, and two baselines: no change, and the predecessor losing 57% of its successor's volume with
nothing for rivals. All have fitted noise of their own, so that the baselines are beaten on what
they say and not on how surely.

*Rolling origin* estimates each forecast on launches complete before it; *leave one out* on all
that do not overlap it. Weekly and daily series share no estimate. CRPS is in log change of
volume, less is better; the log score is per outcome, more is better; differences are paired, with
95% intervals by bootstrap of launches next to each other. *{as_known}* is the form that had the
lowest CRPS on the launches known then, chosen anew for each launch: it is what a user would have
had, and the honest line to compare. The default since is, by the whole weekly record: {defaults}.
"""

LIMITS = """## What this cannot know

- **The end of the list.** The weekly lists name nine models and the daily ones fifty. Of a
  product below the last place only a bound is known: its outcome counts as censored, and a small
  model's fall is not seen at all.
- **No counterfactual.** What would have happened without the launch is never observed. The grades
  are of the volume that came, with the market's growth and everything else of those weeks in it;
  that part of a change which the launch itself causes (`taken`, diversion, cannibalisation) is
  graded only as far as it shows in the total.
- **One platform.** Tokens routed by OpenRouter, in each vendor's own tokenizer. Direct use of
  vendors' interfaces, and whole firms, are elsewhere; a launch may matter there and not here.
- **Few launches.** Intervals that hold zero are shown as they are. Launches of one week are one
  origin, and neighbours overlap, which the bootstrap of blocks allows for and does not cure.
- **Survivors.** Entrants of vendors new to the list are only known if they reached it.
"""


def rows(connection: Connection, query: str) -> list[Row]:
    """An answer as dictionaries."""
    answer = connection.execute(query)
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def page(connection: Connection) -> tuple[str, str]:
    """The page and its plot. Raises ValueError without any graded forecast."""
    scores = rows(connection, "select * from analysis.backtest_scores order by crps, model")
    if not scores:
        raise ValueError(
            "no usage is in this warehouse: load an archive with `bellwether backfill`"
        )
    (until,) = rows(connection, "select max(outcome_on) as day from analysis.backtest_launches")
    counted = rows(
        connection,
        "select cadence, count(*) as launches, sum(outcomes) as outcomes, min(start) as first, "
        "max(start) as last from analysis.backtest_launches where why_not is null "
        "group by cadence order by cadence desc",
    )
    windows = "; ".join(
        f"{c['launches']} {c['cadence']} origins with {c['outcomes']:.0f} outcomes, "
        f"{c['first']} to {c['last']}"
        for c in counted
    )
    defaults = {s["role"]: s["model"] for s in scores if s["is_default"]}
    parts = [
        HEAD.format(
            until=until["day"],
            windows=windows,
            as_known=AS_KNOWN,
            defaults=", ".join(
                f"{defaults[role]} for {ROLES[role].lower()}" for role in (OWN, RIVAL)
            ),
        )
    ]
    for cadence in [c["cadence"] for c in counted]:
        parts.append(f"\n## Rolling origin, {cadence} lists\n")
        parts += _tables(scores, ROLLING, cadence)
    _, others = leave_one_out(**read_frames(READS, connection))
    left_out = others.sort_values(["crps", "model"]).to_dict("records")
    for cadence in [c["cadence"] for c in counted]:
        parts.append(f"\n## Leave one launch out, {cadence} lists\n")
        parts += _tables(left_out, LEFT_OUT, cadence, (ALL,))
    bins = calibration(connection)
    title = "Volumes said to fall by more than 5%, and how many did"
    drawn = draw(Calibration("calibration", bins), title)
    plot = drawn.on_paper(read_theme(Settings().theme).charts)
    parts.append(
        f"\n## Calibration\n\n![{title}](pictures/{PLOT.name})\n\nRolling origin, weekly lists, "
        f"{AS_KNOWN}: said that a volume falls by more than 5%, and how many of those did. "
        "Outcomes whose bounds do not tell are left out.\n\n| said | on average | fell | of |\n"
        "|---|--:|--:|--:|\n"
    )
    for (low, high), (said, share, count, _) in zip(_ranges(connection), bins, strict=True):
        parts.append(f"| {low:g} to {min(high, 1):g} | {said:.2f} | {share:.0%} | {count} |\n")
    parts += _diversions(connection)
    parts.append("\n" + LIMITS)
    return "".join(parts), plot


def _tables(
    scores: list[Row], scheme: str, cadence: str, roles: tuple[str, ...] = (ALL, OWN, RIVAL)
) -> list[str]:
    found = []
    for role in roles:
        lines = [
            s for s in scores if (s["scheme"], s["cadence"], s["role"]) == (scheme, cadence, role)
        ]
        found.append(
            f"\n**{ROLES[role]}**, {lines[0]['launches']} launches, {lines[0]['outcomes']} "
            f"outcomes{_plainly(lines)}\n\n| model | CRPS | less than no change | less than 57% "
            "| log score | over no change | over 57% | inside 80% | Brier of a fall |\n"
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        )
        for s in lines:
            name = f"*{s['model']}*" if s["is_baseline"] else s["model"]
            name = f"**{name}**" if s["model"] == AS_KNOWN or s["is_default"] else name
            cells = [
                f"{s['crps']:.3f}", _difference(s, "crps_less_no_change"),
                _difference(s, "crps_less_fixed"), f"{s['log_score']:.2f}",
                _difference(s, "log_score_less_no_change"),
                _difference(s, "log_score_less_fixed"), f"{s['coverage_share']:.0%}",
                f"{s['brier_score']:.3f}",
            ]  # fmt: skip
            found.append(f"| {name} | {' | '.join(cells)} |\n")
    return found


def _difference(scores: Row, column: str) -> str:
    value, low, high = (scores[f"{column}{end}"] for end in ("", "_low", "_high"))
    if value is None or (scores["is_baseline"] and value == 0):
        return ""
    return f"{value:+.3f}" + (f" ({low:+.3f} to {high:+.3f})" if low is not None else "")


def _plainly(lines: list[Row]) -> str:
    """Who wins, in words: the line a user would have had against each baseline."""
    mine = next((s for s in lines if s["model"] == AS_KNOWN), None)
    if mine is None:
        return "."
    said = []
    for short, words in (("no_change", "no change"), ("fixed", "57%")):
        value, low, high = (mine[f"crps_less_{short}{end}"] for end in ("", "_low", "_high"))
        wins = "is ahead of" if value < 0 else "is behind"
        sure = (
            "too few launches for an interval"
            if low is None
            else "surely"
            if low * high > 0
            else "not surely"
        )
        said.append(f"{wins} *{words}*, {sure}")
    best = lines[0]
    winner = f" A baseline, *{best['model']}*, has the lowest CRPS." if best["is_baseline"] else ""
    return f". By CRPS *{AS_KNOWN}* {'; '.join(said)}.{winner}"


def _graded(low: float, high: float) -> str:
    return (
        "select f.probability_falls as said, f.has_fallen as came from "
        f"analysis.backtest_forecasts as f where f.scheme = '{ROLLING}' "
        f"and f.cadence = 'weekly' and f.model = '{AS_KNOWN}' and f.has_fallen is not null "
        f"and f.probability_falls >= {low} and f.probability_falls < {high}"
    )


def _ranges(connection: Connection) -> list[tuple[float, float]]:
    return [ends for ends in pairwise(BINS) if rows(connection, _graded(*ends))]


def calibration(connection: Connection) -> list[tuple[float, float, int, tuple[None, ...]]]:
    """Bins: probability said on average, share that fell, and their number."""
    found: list[tuple[float, float, int, tuple[None, ...]]] = []
    for ends in _ranges(connection):
        inside = rows(connection, _graded(*ends))
        said, came = (sum(r[key] for r in inside) / len(inside) for key in ("said", "came"))
        found.append((said, came, len(inside), (None, None, None)))
    return found


def _diversions(connection: Connection) -> list[str]:
    """Own-brand diversion: forecast interval beside what the lists allow."""
    found = rows(
        connection,
        "select f.origin, f.start, f.cadence, coalesce(f.model_id, f.product) as product, "
        "f.diversion_low, f.diversion_median, f.diversion_high, f.observed_diversion_low, "
        "f.observed_diversion_high from analysis.backtest_forecasts as f "
        f"where f.scheme = '{ROLLING}' and f.model = '{AS_KNOWN}' "
        "and f.observed_diversion_low is not null order by f.start, f.product",
    )
    if not found:
        return []
    inside = 0
    lines = []
    for row in found:
        low, high = row["observed_diversion_low"], row["observed_diversion_high"]
        meets = low <= row["diversion_high"] and high >= row["diversion_low"]
        inside += meets
        seen = f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"
        lines.append(
            f"| {row['start']} | {row['cadence']} | {row['product']} | "
            f"{row['diversion_median']:.0%} ({row['diversion_low']:.0%} to "
            f"{row['diversion_high']:.0%}) | {seen} | {'yes' if meets else 'no'} |\n"
        )
    return [
        "\n## What predecessors lost, as part of their successor's volume\n\n"
        f"Rolling origin, {AS_KNOWN}: of {len(found)} predecessors whose successor reached the "
        f"list, the 80% interval meets what the list allows for {inside}. Below zero: the "
        "predecessor grew.\n\n"
        "| launch | list | predecessor | forecast (80%) | seen | meets |\n"
        "|---|---|---|--:|--:|---|\n",
        *lines,
    ]


def main(page_file: Path = PAGE, plot_file: Path = PLOT) -> None:
    """Write both."""
    text, plot = page(open_reader(Settings()))
    page_file.write_text(text)
    plot_file.write_text(plot + "\n")


if __name__ == "__main__":
    main()
