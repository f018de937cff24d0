"""Briefings as Dagster assets: a partition for each week, month and launch, and the site over them.

They read the published warehouse, as any reader does, so they wait for no writer. What a briefing
says is elsewhere (`pipelines/briefings/`).
"""

import base64
import contextlib
import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.assets import OUTSIDE, OWNERS, PUBLISHED
from pipelines.settings import Settings
from pipelines.warehouse import Connection, first_row, open_reader

if TYPE_CHECKING:
    from pipelines.briefings.render import Composed, Desk

#: The first week and month an issue can be asked for.
FIRST_DAY = datetime(2023, 3, 6, tzinfo=UTC)
#: A week's key is the ISO date of its Monday (`2024-W37-1`); the issue is called `2024-W37`.
WEEKS = dg.TimeWindowPartitionsDefinition(
    start=FIRST_DAY, fmt="%G-W%V-%u", cron_schedule="0 0 * * 1", timezone="UTC"
)
MONTHS = dg.MonthlyPartitionsDefinition(start_date="2023-03", fmt="%Y-%m", timezone="UTC")
#: A launch's key is its event id in `core.events`; the sensor adds those that come up.
LAUNCHES = dg.DynamicPartitionsDefinition(name="launches")
#: Back issues in one run: starting a run costs as much as rendering several.
PER_RUN = 20
COVERS = "covers_its_period"


class Clocks(dg.Config):
    """Other days than the kind's own choice, as `--as-of` and `--known-by`; empty for that."""

    as_of: str = ""
    known_by: str = ""

    @property
    def days(self) -> tuple[date | None, date | None]:
        """Market day and known time."""
        found = [date.fromisoformat(d) if d else None for d in (self.as_of, self.known_by)]
        return found[0], found[1]


def _issue(kind: str, partitions: dg.PartitionsDefinition[str], what: str) -> dg.AssetsDefinition:
    """A kind of briefing, one partition an issue."""

    with warnings.catch_warnings():
        # Backfill policies are still called beta; Dagster's version is pinned.
        warnings.simplefilter("ignore", dg.BetaWarning)
        decorate = dg.asset(
            key=["briefings", kind],
            group_name="briefings",
            kinds={"python", "markdown", "pdf"},
            owners=OWNERS,
            deps=[PUBLISHED],
            partitions_def=partitions,
            backfill_policy=dg.BackfillPolicy.multi_run(PER_RUN),
            retry_policy=OUTSIDE,
            description=f"{what} As HTML, Markdown, PDF and tables, to be signed off by a person.",
            check_specs=[_covers(kind)] if kind != "launch" else [],
        )

    def asset(context: dg.AssetExecutionContext, config: Clocks) -> Iterator[Any]:
        behind, problems = {}, []
        with _reader() as (settings, connection):
            for key in context.partition_keys:
                try:
                    found = _render(settings, connection, kind, key, config)
                except ValueError as problem:
                    problems.append(f"{key}: {problem}")
                    continue
                context.log.info(f"{kind} {key}: {found['folder'].value}")
                context.add_asset_metadata(found, partition_key=key)
                if kind != "launch" and not _is_covered(connection, kind, key):
                    behind[key] = "read before its period was over"
        if problems:
            raise dg.Failure("; ".join(problems), allow_retries=False)
        checked = [] if kind == "launch" else [_checked(kind, behind)]
        yield dg.MaterializeResult(check_results=checked)

    return decorate(asset)


def _covers(kind: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        COVERS,
        asset=dg.AssetKey(["briefings", kind]),
        description="The sources were read after the last day of the period.",
    )


def _checked(kind: str, behind: Mapping[str, str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(["briefings", kind]),
        check_name=COVERS,
        passed=not behind,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"behind": dict(behind) or "none"},
    )


@contextlib.contextmanager
def _reader() -> Iterator[tuple[Settings, Connection]]:
    settings = Settings()
    with contextlib.closing(open_reader(settings)) as connection:
        yield settings, connection


def _desk(settings: Settings) -> "Desk":
    from pipelines.briefings.render import Desk
    from pipelines.briefings.theme import read_theme
    from pipelines.ledger import Ledger

    return Desk(read_theme(settings.theme), Ledger(settings.ledger))


def subject_of(kind: str, key: str) -> str:
    """What a partition's briefing is asked for by."""
    return key.removesuffix("-1") if kind == "weekly" else key


def _render(
    settings: Settings, connection: Connection, kind: str, key: str, clocks: Clocks
) -> dict[str, dg.MetadataValue[Any]]:
    """Render one briefing; what the UI shows of it. Raises ValueError if it cannot be made."""
    from pipelines.briefings import render as briefing
    from pipelines.briefings.signoff import read_manifest

    desk = _desk(settings)
    order = briefing.Order(kind, subject_of(kind, key), *clocks.days)
    try:
        composed = briefing.compose(connection, order, desk.theme)
    except briefing.BriefingError as error:
        raise ValueError(str(error)) from error
    folder = briefing.write(composed, settings.reports, desk)
    manifest = read_manifest(folder)
    shown: dict[str, dg.MetadataValue[Any]] = {
        "folder": dg.MetadataValue.path(str(folder)),
        "page": dg.MetadataValue.url((folder / "index.html").as_uri()),
        "title": dg.MetadataValue.text(manifest["title"]),
        "as_of": dg.MetadataValue.text(manifest["as_of"]),
        "known_by": dg.MetadataValue.text(manifest["known_by"]),
        "status": dg.MetadataValue.text(manifest["status"]),
        "content_hash": dg.MetadataValue.text(manifest["content_hash"]),
        "figures": dg.MetadataValue.int(sum(1 for _ in composed.facts.entries())),
        "lines": dg.MetadataValue.md(
            "\n".join(f"{n}. {line}" for n, line in enumerate(manifest["lines"], 1))
        ),
    }
    if plot := _plot(composed, desk):
        shown["plot"] = plot
    return shown


def _plot(composed: "Composed", desk: "Desk") -> dg.MetadataValue[Any] | None:
    """The briefing's first chart, drawn as on paper."""
    from pipelines.briefings import charts

    for name, caption in composed.captions.items():
        drawn = charts.draw(composed.context["charts"][name], caption.plain)
        encoded = base64.b64encode(drawn.on_paper(desk.theme.charts).encode()).decode()
        return dg.MetadataValue.md(f"![{caption.plain}](data:image/svg+xml;base64,{encoded})")
    return None


def _is_covered(connection: Connection, kind: str, key: str) -> bool:
    """Whether a source was read, or a fact learnt, after the last day of the period."""
    from pipelines.briefings.issue import period
    from pipelines.briefings.market import newest_fact

    _, last = period(kind, subject_of(kind, key))
    (read_on,) = first_row(
        connection, "select max(cast(f.fetched_at as date)) from raw.fetches as f"
    )
    return max(read_on or date.min, newest_fact(connection)) > last


weekly = _issue("weekly", WEEKS, "What changed in a week, so what, and what to do.")
monthly = _issue(
    "monthly", MONTHS, "A month segment by segment: positions, share, winners, losers."
)
launch = _issue("launch", LAUNCHES, "Who gains and who loses from a launch.")


@dg.asset(
    key=["briefings", "scorecard"],
    group_name="briefings",
    kinds={"python", "markdown", "pdf"},
    owners=OWNERS,
    deps=[PUBLISHED],
    retry_policy=OUTSIDE,
    description="Were the calls right? Every verdict made, against what is known since.",
)
def scorecard() -> dg.MaterializeResult[Any]:
    """Render the scorecard of today."""
    with _reader() as (settings, connection):
        try:
            shown = _render(settings, connection, "scorecard", "", Clocks())
        except ValueError as problem:
            raise dg.Failure(str(problem), allow_retries=False) from problem
    return dg.MaterializeResult(metadata=shown)


@dg.asset(
    key=["briefings", "site"],
    group_name="briefings",
    kinds={"python", "html"},
    owners=OWNERS,
    deps=[weekly, monthly, launch, scorecard],
    retry_policy=OUTSIDE,
    description="The rendered briefings as a static site: index, feeds, calendar, llms.txt.",
)
def site(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    """List whatever briefings there are."""
    from pipelines.briefings.site import INDEX, build

    with _reader() as (settings, connection):
        count, problems = build(settings.reports, connection, _desk(settings).theme)
    for problem in problems:
        context.log.warning(problem)
    return dg.MaterializeResult(
        metadata={
            "briefings": count,
            "problem": "; ".join(problems) or "none",
            "index": dg.MetadataValue.path(str(Path(settings.reports) / INDEX)),
        }
    )


BRIEFINGS = [weekly, monthly, launch, scorecard, site]
