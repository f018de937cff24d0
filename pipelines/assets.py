"""Wraps sources and SQL tables as Dagster assets: the one place where the two worlds meet.

Nothing is computed here. Checks ride in the asset's own step, which halves the run time.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from pipelines import deferral, fetch, raw, standing_checks, tables, verdicts, versions, warehouse
from pipelines.ledger import Ledger
from pipelines.settings import Settings
from pipelines.snapshots import Fetch, Snapshots
from pipelines.sources import Source, sources
from pipelines.spark import Spark
from pipelines.tables import CheckFailed, Report, Table, catalogue
from pipelines.warehouse import Connection

OWNERS = ["team:bellwether"]
PUBLISHED = dg.AssetKey(["published", "warehouse"])
RECORDED = dg.AssetKey(["marts", "verdicts_recorded"])
READ_WELL, IN_HEALTH = "read_well", "in_health"
#: Words of source health that ask nobody to act.
QUIET = ("ok", "archive", "left out", "no key", "not read")
#: Days without a new materialization before a source counts as late, whatever its cadence.
LATE_AFTER = timedelta(days=2)
#: For steps that meet the world outside: a disk, a network, another program with the file open.
OUTSIDE = dg.RetryPolicy(
    max_retries=2, delay=3, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
#: Tag of runs that leave what can wait to a later one.
MAY_DEFER = "bellwether/may_defer"
RAW_LOG = {"raw.fetches", "raw.quarantine", "raw.fields", "raw.sources"}


class Warehouse(dg.ConfigurableResource[Any]):
    """The one writer of the warehouse, open for the length of a run."""

    offline: bool = False
    _connection: Connection | None = PrivateAttr(None)
    _cluster: Spark | None = PrivateAttr(None)
    _macros: set[str] = PrivateAttr(default_factory=set)
    _may_defer: bool = PrivateAttr(False)
    _deferred: frozenset[str] = PrivateAttr(frozenset())

    @property
    def settings(self) -> Settings:
        """Settings of this process; `offline` here overrides theirs."""
        return Settings(offline=True) if self.offline else Settings()

    @property
    def connection(self) -> Connection:
        """The open writer; once it has published, a reader of that version."""
        assert self._connection is not None, "the warehouse is open only while a step runs"
        return self._connection

    @property
    def cluster(self) -> Spark | None:
        """Where core and marts are computed; null for DuckDB."""
        return self._cluster

    @property
    def may_defer(self) -> bool:
        """Whether this run may leave to a later one what can wait."""
        return self._may_defer

    @property
    def deferred(self) -> frozenset[str]:
        """Steps of which something is still to be made."""
        return self._deferred

    def note_deferred(self, step: str, is_deferred: bool) -> None:
        """Note of a step whether something of it is still to be made."""
        deferred = self._deferred - {step} | ({step} if is_deferred else set())
        if deferred != self._deferred:
            deferral.note(deferred, self.connection)
            self._deferred = deferred

    def create_macros(self, reads: Iterable[str]) -> None:
        """Create the macros and views among what is read, and those behind them, once a run."""
        known = catalogue()
        waiting = {read for read in reads if read in known.macros} - self._macros
        needed: set[str] = set()
        while waiting:
            name = waiting.pop()
            needed.add(name)
            waiting |= {r for r in known.macros[name].reads if r in known.macros} - needed
        for name in known.order:
            if name in needed - self._macros:
                tables.create_macro(known.macros[name], self.connection)
        self._macros |= needed

    def publish(self) -> Path:
        """Make what was written the newest version."""
        path = warehouse.publish(self.connection, self.settings)
        self._connection = warehouse.open_reader(self.settings)
        return path

    @contextlib.contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:
        """Open the file, make sure of the raw tables, and close it however the run ends."""
        with warehouse.open_writer(self.settings) as connection:
            tables.create_schemas(connection)
            raw.create_tables(connection, sources().values(), self.settings.commercial)
            self._connection, self._macros = connection, set()
            self._may_defer = context.run is not None and context.run.tags.get(MAY_DEFER) == "yes"
            self._deferred = deferral.steps_deferred(connection)
            if self.settings.engine == "spark":
                self._cluster = Spark(self.settings)
            try:
                yield self
            finally:
                self._connection.close()
                if self._cluster is not None:
                    self._cluster.close()
        self._cluster = None
        self._connection = None


def raw_key(source: Source) -> dg.AssetKey:
    """A source's asset: it holds all the source's things."""
    return dg.AssetKey(["raw", source.name])


def _key(full_name: str) -> dg.AssetKey:
    return dg.AssetKey(full_name.split("."))


def _dependencies(names: Iterable[str]) -> list[dg.AssetKey]:
    """Asset keys behind table names; a raw table stands for its source, the log for them all."""
    found = set()
    for name in names:
        schema, table = name.split(".")
        if name == "raw.verdicts":
            found.add(RECORDED)
        elif name in RAW_LOG:
            found |= {raw_key(source) for source in sources().values()}
        elif schema == "raw":
            found.add(raw_key(sources()[table.split("__")[0]]))
        else:
            found.add(_key(name))
    return sorted(found)


def _source_spec(source: Source) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=raw_key(source),
        group_name="raw",
        kinds={"python", "duckdb"},
        owners=OWNERS,
        description=f"{source.title} by {source.producer}. Licence: {source.licence}.",
        metadata={"url": dg.MetadataValue.url(source.url), "cadence_days": source.cadence.days},
        freshness_policy=_freshness(source),
    )


def _freshness(source: Source) -> dg.FreshnessPolicy | None:
    """Failed after two cadences without a reading, late before that; none for an archive."""
    if not source.is_live:
        return None
    window = max(LATE_AFTER, 2 * source.cadence)
    return dg.FreshnessPolicy.time_window(fail_window=window, warn_window=window * 3 / 4)


def _source_check(source: Source) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        READ_WELL,
        asset=raw_key(source),
        description="Every part was read, or there was nothing new or nothing to read.",
    )


def source_assets() -> dg.AssetsDefinition:
    """Every source an asset of its own; those selected are read at once, in one step.

    Each is loaded as soon as its download is complete. To read one again, materialise it alone.
    """

    @dg.multi_asset(
        name="sources",
        specs=[_source_spec(source) for source in sources().values()],
        check_specs=[_source_check(source) for source in sources().values()],
        can_subset=True,
        retry_policy=OUTSIDE,
    )
    def assets(context: dg.AssetExecutionContext, bellwether: Warehouse) -> Iterator[Any]:
        selected = {key.path[-1] for key in context.selected_asset_keys}
        wanted = [source for source in sources().values() if source.name in selected]
        settings, connection = bellwether.settings, bellwether.connection
        snapshots = Snapshots(settings.snapshots)
        snapshots.tidy()
        # What a backfill or a run cut short has logged comes first, so that it counts as read.
        loaded = {source.name: raw.load(connection, source, snapshots) for source in wanted}
        for source, attempts in fetch.read_sources(wanted, connection, snapshots, settings):
            loaded[source.name] += raw.load(connection, source, snapshots)
            skipped = None if settings.offline else fetch.why_skipped(source)
            if skipped:
                context.log.info(f"{source.name} {skipped}")
            yield _source_result(source, loaded[source.name], attempts, skipped)

    return assets


def _source_result(
    source: Source, loaded: raw.Loaded, attempts: Sequence[Fetch], skipped: str | None
) -> dg.MaterializeResult[Any]:
    refused = next((a.problem for a in attempts if a.problem), loaded.last_problem)
    problem = f"{refused}; the last good payload stays in force" if refused else "none"
    return dg.MaterializeResult(
        asset_key=raw_key(source),
        metadata={
            "payloads_read": loaded.payloads,
            "rows_written": loaded.rows_written,
            "rows_rejected": loaded.rejected,
            "payloads_refused": loaded.problems,
            "problem": problem,
            "skipped": skipped or "no",
        },
        check_results=[
            dg.AssetCheckResult(
                asset_key=raw_key(source),
                check_name=READ_WELL,
                passed=not refused,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"problem": problem},
            )
        ],
    )


def source_states() -> dg.AssetChecksDefinition:
    """Source health as a check on every source's asset, once its table is built."""
    health = dg.AssetKey(["marts", "source_health"])
    specs = [
        dg.AssetCheckSpec(
            IN_HEALTH,
            asset=raw_key(source),
            additional_deps=[health],
            description="Its status in marts.source_health asks nobody to act.",
        )
        for source in sources().values()
    ]

    @dg.multi_asset_check(name="source_states", specs=specs, can_subset=True)
    def states(context: dg.AssetCheckExecutionContext, bellwether: Warehouse) -> Iterator[Any]:
        found = _states(bellwether.connection)
        for key in sorted(context.selected_asset_check_keys, key=str):
            status, to_do = found.get(key.asset_key.path[-1], ("not read", None))
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=status in QUIET,
                severity=dg.AssetCheckSeverity.WARN,
                description=f"{status}: {to_do}" if to_do else status,
                metadata={"status": status, "what_to_do": to_do or "nothing"},
            )

    return states


def _states(connection: Connection) -> dict[str, tuple[str, str | None]]:
    """(status, what to do) by source; empty before the table was ever built."""
    built = "select 1 from duckdb_tables() where schema_name = 'marts' and table_name = ?"
    if not connection.execute(built, ["source_health"]).fetchall():
        return {}
    query = "select h.source, h.status, h.what_to_do from marts.source_health as h"
    return {source: (status, act) for source, status, act in connection.execute(query).fetchall()}


def _spec(table: Table, deps: Sequence[dg.AssetKey]) -> dg.AssetSpec:
    columns = [dg.TableColumn(name, description=comment) for name, comment in table.columns.items()]
    return dg.AssetSpec(
        key=_key(table.full_name),
        deps=deps,
        group_name=table.schema,
        description=table.description,
        kinds={"python" if table.python else "sql", "duckdb"},
        owners=OWNERS,
        metadata={
            "dagster/column_schema": dg.TableSchema(columns=columns),
            "dagster/table_name": f"bellwether.{table.full_name}",
            "file": str(table.path.relative_to(table.path.parents[2])),
        },
    )


def _check_specs(table: Table) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            check.name,
            asset=_key(table.full_name),
            description=check.description,
            blocking=check.is_blocking,
        )
        for check in table.checks
    ]


def table_assets(members: Sequence[Table]) -> dg.AssetsDefinition:
    """One SQL table, or all tables one Python step computes, as one step with its checks."""
    known = catalogue()
    first = members[0]
    name = first.python.rsplit(".", 1)[-1] if first.python else first.full_name.replace(".", "__")
    deps = _dependencies(known.tables_read(first.full_name))

    @dg.multi_asset(
        name=name,
        specs=[_spec(table, deps) for table in members],
        check_specs=[spec for table in members for spec in _check_specs(table)],
    )
    def asset(bellwether: Warehouse) -> Iterator[Any]:
        connection = bellwether.connection
        made_from = versions.origin(members, connection)
        step = first.python or first.full_name
        if kept := versions.unchanged(members, made_from, connection):
            for table, report in zip(members, kept, strict=True):
                yield _materialised(table, report, is_kept=True)
            bellwether.note_deferred(step, False)
            return
        bellwether.create_macros(read for table in members for read in table.reads)
        checked = versions.as_checked(members, made_from, connection)
        try:
            if versions.as_made(members, made_from, connection):
                reports = [tables.check(table, connection) for table in members]
            elif first.python:
                reports = tables.build_python(
                    first.python, members, connection, checked, bellwether.may_defer
                )
            else:
                reports = [tables.build(first, connection, bellwether.cluster, checked)]
        except CheckFailed as failure:
            standing_checks.note_failure(
                bellwether.settings, failure.table, failure.check, str(failure)
            )
            yield dg.AssetCheckResult(
                passed=False,
                asset_key=_key(failure.table),
                check_name=failure.check,
                metadata={"rows": failure.rows, "first_rows": str(failure)},
            )
            raise dg.Failure(str(failure), allow_retries=False) from failure
        is_deferred = any(report.is_deferred for report in reports)
        if not is_deferred:
            versions.note(members, reports, made_from, connection)
        bellwether.note_deferred(step, is_deferred)
        for table, report in zip(members, reports, strict=True):
            yield _materialised(table, report, is_kept=False)

    return asset


def _materialised(table: Table, report: Report, is_kept: bool) -> dg.MaterializeResult[Any]:
    return dg.MaterializeResult(
        asset_key=_key(table.full_name),
        metadata={
            "dagster/row_count": report.rows,
            "seconds": round(report.seconds, 3),
            "kept_as_it_was": is_kept,
            **({"is_deferred": True} if report.is_deferred else {}),
        },
        check_results=[
            dg.AssetCheckResult(
                asset_key=_key(table.full_name),
                check_name=check.name,
                passed=check.name not in report.warnings,
                severity=dg.AssetCheckSeverity.ERROR
                if check.is_blocking
                else dg.AssetCheckSeverity.WARN,
                metadata={"rows": report.warnings.get(check.name, 0)},
            )
            for check in table.checks
        ],
    )


def all_tables() -> list[dg.AssetsDefinition]:
    """An asset for every SQL file."""
    known = catalogue()
    steps: dict[str, list[Table]] = {}
    for name in known.order:
        if name in known.tables:
            table = known.tables[name]
            steps.setdefault(table.python or name, []).append(table)
    return [table_assets(members) for members in steps.values()]


@dg.asset(
    key=RECORDED,
    group_name="marts",
    kinds={"python"},
    owners=OWNERS,
    deps=[_key("marts.verdicts_due")],
    description="New verdicts appended to the ledger, which alone keeps them.",
)
def recorded(bellwether: Warehouse) -> dg.MaterializeResult[Any]:
    """Put the verdicts that are due on record, unless something they follow from is deferred."""
    settings = bellwether.settings
    if bellwether.deferred:
        verdicts.load(bellwether.connection, Ledger(settings.ledger).entries(verdicts.KIND))
        return dg.MaterializeResult(metadata={"events_judged": 0})
    made = verdicts.record(bellwether.connection, Ledger(settings.ledger), settings.now())
    return dg.MaterializeResult(metadata={"events_judged": made})


@dg.asset(
    key=PUBLISHED,
    group_name="published",
    kinds={"duckdb"},
    owners=OWNERS,
    deps=[_key(name) for name in catalogue().tables],
    retry_policy=OUTSIDE,
    description="The version readers see: complete, checked, replaced at once.",
)
def published(bellwether: Warehouse) -> dg.MaterializeResult[Any]:
    """Create all macros and publish."""
    known = catalogue()
    for name in known.order:
        if name in known.macros:
            tables.create_macro(known.macros[name], bellwether.connection)
    path = bellwether.publish()
    standing_checks.clear(bellwether.settings)
    return dg.MaterializeResult(
        metadata={"file": path.name, "megabytes": round(path.stat().st_size / 1e6, 1)}
    )


@dg.asset(
    key=["published", "alerts"],
    group_name="published",
    kinds={"python"},
    owners=OWNERS,
    deps=[PUBLISHED],
    description="What changed since the last look, told to those whom BELLWETHER_ALERTS names.",
)
def alerted(context: dg.AssetExecutionContext, bellwether: Warehouse) -> dg.MaterializeResult[Any]:
    """Send alerts, if there are routes. What cannot be sent fails no run."""
    settings = bellwether.settings
    if settings.alerts is None or bellwether.deferred:
        return dg.MaterializeResult(metadata={"sent": 0, "problem": "none", "skipped": "off"})
    from pipelines import alerts

    try:
        channels = alerts.read_channels(settings.alerts)
        with contextlib.closing(warehouse.open_reader(settings)) as connection:
            report = alerts.look(connection, settings, channels)
        problem = "; ".join(report.problems) or "none"
        sent = report.sent
    except (alerts.AlertError, alerts.LedgerError) as error:
        problem, sent = str(error), 0
    if problem != "none":
        context.log.warning(problem)
    return dg.MaterializeResult(metadata={"sent": sent, "problem": problem})
