"""Runs the Dagster assets in this process, as `bellwether run` does."""

import gc
import os
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pipelines.settings import Settings
from pipelines.warehouse import copy_begun


@dataclass
class Outcome:
    """What a run came to; `problems` and `skipped` are for the operator to read."""

    success: bool
    tables: int
    seconds: float
    #: Tables that were already what they would have been made again.
    kept: int = 0
    problems: list[str] = field(default_factory=list)
    #: Sources left out, with what is missing to read them.
    skipped: list[str] = field(default_factory=list)
    #: Something that can wait was left to the job `catch_up`.
    is_deferred: bool = False
    #: How long that took, if it was run too.
    caught_up_s: float | None = None


#: Objects made before garbage is looked for: a day makes millions, nearly all of them to be kept.
COLLECTED_AFTER = 100_000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage less often, and no more among what is frozen meanwhile.

    By Python's own measure a run goes through all of Dagster's objects again and again while it
    reads payloads: up to half the processor time of a step that makes many rows.
    """
    before = gc.get_threshold()
    gc.set_threshold(COLLECTED_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def run_pipeline(
    settings: Settings,
    console: Console | None,
    layers: Collection[str] = (),
    on_published: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Materialise what the daily job does, in this process; or some layers of it (`raw`, ...).

    `on_published` is told when that is done; what it leaves for later is made next, and published.
    Raises WarehouseError when another run is writing, KeyError for a layer there is none of.
    """
    outcome = run_job("daily", settings, console, layers)
    if outcome.success:
        on_published(outcome)
    if outcome.success and outcome.is_deferred:
        later = run_job("catch_up", settings, console)
        outcome.success, outcome.caught_up_s = later.success, later.seconds
        outcome.problems += later.problems
    return outcome


@seldom_collected()
def run_job(
    name: str, settings: Settings, console: Console | None, layers: Collection[str] = ()
) -> Outcome:
    """Run the job `daily` or `catch_up` in this process; or some layers of it, all at once.

    Raises as `run_pipeline` does.
    """
    # Says in plain words, before Dagster starts, when another run holds the file.
    with copy_begun(settings):
        return _materialise(name, settings, console, layers)


def _materialise(
    name: str, settings: Settings, console: Console | None, layers: Collection[str]
) -> Outcome:
    started = time.perf_counter()
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    from pipelines.assets import MAY_DEFER, Warehouse
    from pipelines.definitions import defs
    from pipelines.records import why
    from pipelines.unrecorded import unrecorded_instance

    job = defs.resolve_job_def(name)
    if layers:
        graph = defs.resolve_asset_graph()
        for layer in layers:
            if layer not in graph.all_group_names:
                raise KeyError(layer)
        keys = [key for layer in layers for key in graph.asset_keys_for_group(layer)]
        job = job.get_subset(asset_selection=set(keys))
    run_id = str(uuid.uuid4())
    progress = Progress(
        TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), console=console, transient=True,
    )  # fmt: skip
    gc.freeze()  # modules and definitions stay to the end
    with progress if console else nullcontext(), unrecorded_instance() as instance:
        task = progress.add_task("Starting", total=len(job.graph.node_defs))

        def on_event(entry: Any, _cursor: str) -> None:
            event = entry.dagster_event
            if event is None or event.step_key is None:
                return
            if event.is_step_start:
                progress.update(task, description=event.step_key.replace("__", ".", 1))
            elif event.is_step_success or event.is_step_failure:
                progress.advance(task)
            elif event.is_step_materialization and event.asset_key:
                progress.update(task, description=".".join(event.asset_key.path))

        instance.watch_event_logs(run_id, None, on_event)
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            tags={MAY_DEFER: "no"} if layers else None,
            resources={"bellwether": Warehouse(offline=settings.offline)},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
        events = result.all_events
    outcome = Outcome(
        success=result.success,
        tables=sum(event.is_step_materialization for event in events),
        seconds=time.perf_counter() - started,
        problems=[why(event) for event in events if event.is_step_failure]
        or [why(event) for event in events if event.is_run_failure],
    )
    for event in events:
        if event.is_step_materialization and event.asset_key:
            metadata = event.step_materialization_data.materialization.metadata
            source = event.asset_key.path[-1]
            outcome.kept += (
                "kept_as_it_was" in metadata and metadata["kept_as_it_was"].value is True
            )
            outcome.is_deferred |= "is_deferred" in metadata
            if "problem" in metadata and metadata["problem"].value != "none":
                outcome.problems.append(f"{source}: {metadata['problem'].value}")
            if "skipped" in metadata and metadata["skipped"].value != "no":
                outcome.skipped.append(f"{source} {metadata['skipped'].value}")
    return outcome
