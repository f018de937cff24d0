"""The `bellwether` command. Dagster is imported only by the commands that run the pipeline."""

import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pipelines.settings import Settings
from pipelines.show import grid
from pipelines.warehouse import Connection, WarehouseError, open_reader

app = typer.Typer(
    help="Market intelligence for the model-API market, on evidence.\n\n"
    "First time: `bellwether run --offline`, then `bellwether brief launch o1-mini`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
brief_app = typer.Typer(help="Render a briefing.", no_args_is_help=True)
identity_app = typer.Typer(help="Which model a spelling means.", no_args_is_help=True)
app.add_typer(brief_app, name="brief")
app.add_typer(identity_app, name="identity")
#: Without a terminal (a pipe, a log) there is no width to fit into.
WIDE = 160
console = Console()
if not console.is_terminal:
    console = Console(width=WIDE)
complaints = Console(stderr=True)

#: Exit codes: 0 done, 1 the answer is bad news (unknown, failed source), 2 wrong use.
BAD_NEWS, WRONG_USE = 1, 2

AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Market day.")]
KnownBy = Annotated[
    datetime | None,
    typer.Option("--known-by", formats=["%Y-%m-%d"], help="Use only what was known by that day."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable answer.")]


def _fail(message: str, code: int = BAD_NEWS) -> typer.Exit:
    complaints.print(f"[red]{escape(message)}[/red]", highlight=False)
    return typer.Exit(code)


def _reader(settings: Settings) -> Connection:
    try:
        return open_reader(settings)
    except WarehouseError as error:
        raise _fail(str(error)) from error


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _print_json(answer: Any) -> None:
    print(json.dumps(answer, indent=2, default=str))


# ------------------------------------------------------------------ running the pipeline


@app.command()
def run(
    offline: Annotated[
        bool, typer.Option("--offline", help="Use the bundled edition; fetch nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only say what failed.")] = False,
) -> None:
    """Run the whole pipeline once: fetch, build, check, publish.

    Example: bellwether run --offline
    """
    settings = Settings(offline=offline) if offline else Settings()
    from pipelines.run import run_pipeline

    try:
        outcome = run_pipeline(settings, console if not quiet else None)
    except WarehouseError as error:
        raise _fail(str(error)) from error
    for problem in outcome.problems:
        complaints.print(f"[yellow]{escape(problem)}[/yellow]", highlight=False)
    if not quiet:
        for line in outcome.skipped:
            console.print(escape(line), highlight=False)
    if not outcome.success:
        raise _fail("the run failed; readers keep the last published warehouse")
    if not quiet:
        console.print(f"Published {outcome.tables} tables in {outcome.seconds:.1f} s.")


@app.command()
def backfill(
    folder: Annotated[Path, typer.Argument(help="Archive: <source>/<YYYY-MM-DD>/<file>.")],
    build: Annotated[
        bool, typer.Option(help="Run the pipeline on it afterwards, without fetching.")
    ] = True,
) -> None:
    """Load history from a dated archive, as if fetched on those days. Twice changes nothing.

    Example: bellwether backfill ../shared/archive
    """
    settings = Settings(offline=True)
    from pipelines.raw import Snapshots, archive_files
    from pipelines.raw import backfill as keep_archive
    from pipelines.run import run_pipeline
    from pipelines.sources import sources

    known = list(sources().values())
    with _progress() as progress:
        files = sum(1 for _ in archive_files(folder, known))
        task = progress.add_task("Keeping payloads", total=files)
        try:
            new = keep_archive(
                folder, known, Snapshots(settings.snapshots), lambda _: progress.advance(task)
            )
        except FileNotFoundError as error:
            raise _fail(str(error), WRONG_USE) from error
    console.print(f"{files} payloads, {new} new.")
    if build:
        outcome = run_pipeline(settings, console)
        for problem in outcome.problems:
            complaints.print(f"[yellow]{escape(problem)}[/yellow]", highlight=False)
        if not outcome.success:
            raise _fail("the run failed; readers keep the last published warehouse")
        console.print(f"Published {outcome.tables} tables in {outcome.seconds:.1f} s.")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=complaints,
    )  # fmt: skip


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; the web UI has no login of its own.")
    ] = "127.0.0.1",
) -> None:
    """Start Dagster's web UI and its daemon on localhost; Ctrl-C stops both.

    Example: bellwether serve --port 3000
    """
    from pipelines.serve import serve_until_stopped

    raise typer.Exit(serve_until_stopped(Settings(), host, port, console))


@app.command("serve-sql")
def serve_sql(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port.")] = 8815,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM key.")] = None,
    plain_text: Annotated[
        bool, typer.Option("--plain-text", help="Listen beyond this machine without TLS.")
    ] = False,
) -> None:
    """Serve the published warehouse to other machines, read-only, by Arrow Flight.

    Example: bellwether serve-sql --port 8815
    """
    from pipelines import flight

    if (tls_cert is None) != (tls_key is None):
        raise _fail("--tls-cert and --tls-key go together", WRONG_USE)
    tls = (tls_cert, tls_key) if tls_cert and tls_key else None
    try:
        server = flight.start(
            Settings(), host, port, tls,
            lambda line: console.print(line, highlight=False, soft_wrap=True),
            plain_text_is_fine=plain_text,
        )  # fmt: skip
    except (flight.ServerProblem, WarehouseError, OSError) as problem:
        raise _fail(str(problem), WRONG_USE) from problem
    try:
        server.serve()
    except KeyboardInterrupt:
        server.shutdown()


@app.command()
def replay(
    folder: Annotated[Path, typer.Argument(help="Archive: <source>/<YYYY-MM-DD>/<file>.")],
    day: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Day to serve.")],
    port: Annotated[int, typer.Option(help="Port on localhost.")] = 8099,
    fault: Annotated[
        list[str] | None, typer.Option(help="source=fault, e.g. litellm=truncated; repeatable.")
    ] = None,
) -> None:
    """Serve an archive as the live endpoints did on a day, over HTTP on localhost.

    Example: bellwether replay ../shared/archive --date 2025-08-09 --fault litellm=html
    """
    from pipelines.replay import FAULTS, Replay

    faults = dict(entry.partition("=")[::2] for entry in fault or [])
    unknown = sorted(set(faults.values()) - set(FAULTS))
    if unknown:
        raise _fail(f"no fault is called {unknown[0]}; there are {', '.join(FAULTS)}", WRONG_USE)
    server = Replay(folder, day.date(), port)
    server.faults = faults
    console.print(f"BELLWETHER_REPLAY_URL={server.url} bellwether run   (Ctrl-C stops)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


@app.command()
def health(
    longest_silence: Annotated[
        float, typer.Option("--max-age-hours", help="Oldest a publication may be.")
    ] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Whether everything is well: publication, sources, disk, ledger. For monitors: exits 1 if not.

    Example: bellwether health --json
    """
    from pipelines import health as looks

    found = looks.findings(Settings(), timedelta(hours=longest_silence))
    if as_json:
        _print_json(looks.as_json(found))
    else:
        colours = {"good": "green", "warning": "yellow", "bad": "red"}
        for finding in found:
            colour = colours[finding.status]
            console.print(
                f"[{colour}]{finding.status:<8}[/{colour}] [bold]{escape(finding.what)}[/bold]: "
                f"{escape(finding.said)}",
                highlight=False,
                soft_wrap=True,
            )
    if looks.worst(found) == "bad":
        raise typer.Exit(BAD_NEWS)


# ------------------------------------------------------------------ asking


@app.command()
def price(
    model: Annotated[str, typer.Argument(help="Model, alias or vendor/version.")],
    as_of: AsOf = None,
    known_by: KnownBy = None,
    as_json: AsJson = False,
) -> None:
    """What a model cost on a day by its vendor's list price, and how we know.

    Example: bellwether price o1-mini --as-of 2024-09-12 --known-by 2024-09-13
    """
    from pipelines.answers import UnknownModel, price_answer

    connection = _reader(Settings())
    try:
        answer = price_answer(connection, model, _day(as_of), _day(known_by))
    except UnknownModel as error:
        raise _fail(str(error), WRONG_USE) from error
    if as_json:
        _print_json(answer)
    elif answer["status"] == "known":
        disputed = " [yellow](disputed)[/yellow]" if answer["is_disputed"] else ""
        console.print(
            f"[bold]{escape(answer['model_id'])}[/bold] on {answer['as_of']}: "
            f"${answer['input_usd_per_mtok']} in, ${answer['output_usd_per_mtok']} out "
            f"per million tokens{disputed}",
            highlight=False,
        )
        for fact in answer["evidence"]:
            console.print(
                f"  ${fact['input_usd_per_mtok']} / ${fact['output_usd_per_mtok']} "
                f"{escape(fact['publisher'])} ({fact['evidence'].replace('_', ' ')}, "
                f"published {fact['published_on']}, {escape(fact['licence'])}) "
                f"{escape(fact['source_url'])}",
                highlight=False,
                soft_wrap=True,
            )
    else:
        console.print(
            f"[bold]{escape(answer['model_id'])}[/bold] on {answer['as_of']}: "
            f"{answer['status'].replace('_', ' ')}: {escape(answer['reason'])}",
            highlight=False,
        )
    if answer["status"] == "unknown":
        raise typer.Exit(BAD_NEWS)


@identity_app.command("explain")
def identity_explain(
    name: Annotated[str, typer.Argument(help="A spelling from any source.")],
    source: Annotated[str, typer.Option("--source", help="Source it comes from.")] = "",
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Which model version a spelling means, and by which rule or alias.

    Example: bellwether identity explain openrouter/openai/o1-mini --source litellm
    """
    from pipelines.answers import identity_answer

    answer = identity_answer(_reader(Settings()), name, source, _day(as_of))
    if as_json:
        _print_json(answer)
    else:
        grid([{k: v for k, v in answer.items() if k != "candidates"}], console)
        if answer["candidates"]:
            console.print("Nearest names, for a person to decide:")
            grid(answer["candidates"], console)
    if answer["status"] != "resolved":
        raise typer.Exit(BAD_NEWS)


@app.command()
def sql(
    query: Annotated[str | None, typer.Argument(help="One SELECT; none opens a prompt.")] = None,
    kind: Annotated[
        str | None,
        typer.Option("--format", "-f", help="table, csv, json, jsonl, parquet or excel."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file.")] = None,
    timeout: Annotated[float | None, typer.Option(help="Longest a query may take, s.")] = None,
    example: Annotated[str | None, typer.Option("--example", help="Ask a saved question.")] = None,
    list_examples: Annotated[bool, typer.Option("--examples", help="List them.")] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Same as --format csv.")] = False,
) -> None:
    """Ask the published warehouse in SQL; sandboxed, and the pipeline may be running.

    Example: bellwether sql "from marts.claim_checks" --out checks.xlsx
    """
    from pipelines import sqlshell

    settings = Settings()
    if list_examples:
        rows = [{"name": e.name, "question": e.question} for e in sqlshell.examples()]
        _print_json(rows) if as_json else grid(rows, console)
        return
    timeout_ms = int(timeout * 1000) if timeout else None
    try:
        kind = sqlshell.format_for("json" if as_json else "csv" if as_csv else kind, out)
        asked = sqlshell.example(example).query if example else query
        if asked is None and not sys.stdin.isatty():
            asked = sys.stdin.read()
        if asked is None:
            sqlshell.prompt(settings, console, timeout_ms)
            return
        count = sqlshell.give(open_reader(settings, timeout_ms), asked, kind, out, console)
    except (sqlshell.QueryProblem, WarehouseError) as problem:
        raise _fail(str(problem)) from problem
    except OSError as problem:
        raise _fail(f"{out}: {problem.strerror}", WRONG_USE) from problem
    if out:
        complaints.print(f"{count:,} rows in {out}", highlight=False)


@app.command("sources")
def show_sources(as_json: AsJson = False) -> None:
    """How every source is doing: last attempt, last good fetch, quarantine, unresolved names.

    Example: bellwether sources
    """
    connection = _reader(Settings())
    cursor = connection.execute(
        "select h.source, h.licence, h.last_attempt_at, h.last_good_at, h.rows_observed, "
        "h.rows_quarantined, h.names_unresolved, h.problem "
        "from marts.source_health as h order by h.source"
    )
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if as_json:
        _print_json(rows)
    else:
        grid(rows, console)
    if any(row["problem"] for row in rows):
        raise typer.Exit(BAD_NEWS)


# ------------------------------------------------------------------ briefings


@brief_app.command("launch")
def brief_launch(
    event: Annotated[str, typer.Argument(help="Launch, by event id or model name.")],
    as_of: AsOf = None,
    known_by: KnownBy = None,
) -> None:
    """Who gains and who loses from a launch, as HTML, Markdown and PDF.

    Example: bellwether brief launch o1-mini --known-by 2024-09-13
    """
    settings = Settings()
    connection = _reader(settings)
    from pipelines.briefings.render import BriefingError, launch

    partition = event if known_by is None else f"{event}-known-by-{known_by:%Y-%m-%d}"
    try:
        folder = launch(
            connection, event, _day(as_of), _day(known_by), settings.reports / "launch" / partition
        )
    except BriefingError as error:
        raise _fail(str(error), WRONG_USE) from error
    for name in ("index.html", "briefing.md", "briefing.pdf"):
        console.print(str(folder / name), highlight=False, soft_wrap=True)


if __name__ == "__main__":
    app()
