"""The `bellwether` command. Dagster is imported only by the commands that run the pipeline."""

import gc
import json
import os
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipelines.settings import Settings
from pipelines.show import grid
from pipelines.warehouse import (
    READERS_LATER,
    Connection,
    WarehouseError,
    check_format,
    niceness,
    open_reader,
)

if TYPE_CHECKING:
    from pipelines.check import Checked
    from pipelines.run import Outcome

app = typer.Typer(
    help="Market intelligence for the model-API market, on evidence.\n\n"
    "First time: `bellwether run --offline`, then `bellwether brief launch o1-mini`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
brief_app = typer.Typer(help="Render a briefing.", no_args_is_help=True)
identity_app = typer.Typer(help="Which model a spelling means.", no_args_is_help=True)
edition_app = typer.Typer(help="The bundled edition of curated facts.", no_args_is_help=True)
app.add_typer(brief_app, name="brief")
app.add_typer(identity_app, name="identity")
app.add_typer(edition_app, name="edition")
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
Commercial = Annotated[
    bool,
    typer.Option(
        "--commercial",
        help="Only from a warehouse without sources whose terms forbid commercial use.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable answer.")]


def _fail(message: str, code: int = BAD_NEWS) -> typer.Exit:
    complaints.print(f"[red]{escape(message)}[/red]", highlight=False)
    return typer.Exit(code)


def _settings_for(**asked: bool) -> Settings:
    """Settings in which what was asked for on the command line is on.

    By the environment, so that the run's own processes and resources read the same.
    """
    for name, is_on in asked.items():
        if is_on:
            os.environ[f"BELLWETHER_{name.upper()}"] = "true"
    return Settings()


def _reader(settings: Settings) -> Connection:
    try:
        connection = open_reader(settings)
        check_format(connection)
    except WarehouseError as error:
        raise _fail(str(error)) from error
    return connection


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
    commercial: Annotated[
        bool,
        typer.Option(
            "--commercial",
            help="Leave out sources whose terms do not allow commercial use, or state none.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only say what failed.")] = False,
    layer: Annotated[
        list[str] | None,
        typer.Option(help="Only this layer, e.g. raw to fetch and load; repeatable."),
    ] = None,
) -> None:
    """Run the whole pipeline once: fetch, build, check, publish.

    New fits, and what past launches look like by them, are made and published after that.

    Example: bellwether run --offline
    """
    settings = _settings_for(offline=offline, commercial=commercial)
    from pipelines.run import run_pipeline

    shown = console if not quiet else None

    def told(found: "Outcome") -> None:
        if not quiet:
            _say_done("Built" if layer else "Published", found)

    try:
        outcome = run_pipeline(settings, shown, layer or (), told)
    except WarehouseError as error:
        raise _fail(str(error)) from error
    except KeyError as error:
        raise _fail(f"no layer is called {error.args[0]}", WRONG_USE) from error
    for problem in outcome.problems:
        complaints.print(f"[yellow]{escape(problem)}[/yellow]", highlight=False)
    if not quiet:
        for line in outcome.skipped:
            console.print(escape(line), highlight=False)
    if not outcome.success:
        raise _fail("the run failed; readers keep the last published warehouse")
    if not quiet:
        _say_caught_up(outcome)


def _say_done(done: str, outcome: "Outcome") -> None:
    kept = f", {outcome.kept} of them as they were," if outcome.kept else ""
    left = " New fits and what follows from them come next." if outcome.is_deferred else ""
    console.print(f"{done} {outcome.tables} tables{kept} in {outcome.seconds:.1f} s.{left}")


def _say_caught_up(outcome: "Outcome") -> None:
    if outcome.caught_up_s is not None:
        console.print(f"Published again with them after another {outcome.caught_up_s:.1f} s.")


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
    from pipelines.raw import archive_files
    from pipelines.raw import backfill as keep_archive
    from pipelines.run import run_pipeline
    from pipelines.snapshots import Snapshots
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
        outcome = run_pipeline(
            settings, console, on_published=lambda found: _say_done("Published", found)
        )
        for problem in outcome.problems:
            complaints.print(f"[yellow]{escape(problem)}[/yellow]", highlight=False)
        if not outcome.success:
            raise _fail("the run failed; readers keep the last published warehouse")
        _say_caught_up(outcome)


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
    with niceness(READERS_LATER):
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
        list[str] | None,
        typer.Option(
            help="source=fault, e.g. litellm=truncated; litellm=server_error*2 for the first two "
            "requests only. Repeatable."
        ),
    ] = None,
) -> None:
    """Serve an archive as the live endpoints did on a day, over HTTP on localhost.

    Example: bellwether replay ../shared/archive --date 2025-08-09 --fault litellm=html
    """
    from pipelines.replay import Replay

    if not folder.is_dir():
        raise _fail(f"{folder} is no folder; give one of <source>/<YYYY-MM-DD>/<file>", WRONG_USE)
    server = Replay(folder, day.date(), port)
    try:
        server.faults = dict(entry.partition("=")[::2] for entry in fault or [])
    except ValueError as error:
        server.server_close()
        raise _fail(str(error), WRONG_USE) from error
    console.print(
        f"BELLWETHER_REPLAY_URL={server.url} BELLWETHER_PRETEND_NOW={day:%Y-%m-%d} bellwether run"
        "   (Ctrl-C stops)",
        soft_wrap=True,
    )
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
    everything: Annotated[
        bool, typer.Option("--all", help="Also tiers, services, hours and other meters.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What a model cost on a day by its vendor's list price, and how we know.

    Example: bellwether price o1-mini --as-of 2024-09-12 --known-by 2024-09-13
    """
    from pipelines.answers import UnknownModel, price_answer

    connection = _reader(Settings())
    try:
        answer = price_answer(connection, model, _day(as_of), _day(known_by), everything)
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
        if everything:
            grid(answer["meters"], console)
    else:
        console.print(
            f"[bold]{escape(answer['model_id'])}[/bold] on {answer['as_of']}: "
            f"{answer['status'].replace('_', ' ')}: {escape(answer['reason'])}",
            highlight=False,
        )
    if answer["status"] == "unknown":
        raise typer.Exit(BAD_NEWS)


@app.command()
def disagreements(as_of: AsOf = None, known_by: KnownBy = None, as_json: AsJson = False) -> None:
    """Where sources give one model different prices on a day, and the likeliest cause.

    Example: bellwether disagreements --as-of 2026-07-01
    """
    from pipelines.answers import disagreements_answer

    answer = disagreements_answer(_reader(Settings()), _day(as_of), _day(known_by))
    if as_json:
        _print_json(answer)
        return
    console.print(f"Prices of {answer['as_of']}, in USD per million tokens (input / output).")
    grid(
        [
            {"model": row["model_id"], "cause": row["cause"], "of": row["doubtful_source"]}
            | {
                side: f"{row[side]} {row[f'{mark}input_usd_per_mtok']}"
                f" / {row[f'{mark}output_usd_per_mtok']}"
                for side, mark in (("source", ""), ("other_source", "other_"))
            }
            for row in answer["disagreements"]
        ],
        console,
    )
    grid(answer["pairs"], console)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="Text, Markdown or HTML; - reads standard input.")],
    as_of: AsOf = None,
    known_by: KnownBy = None,
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the text, marked up, as a page.")
    ] = None,
) -> None:
    """Check what a text says of models against recorded facts: every claim, with its verdict.

    The text speaks of --as-of, else of its own date, else of today. Exit code 1 if something is
    contradicted or misattributed, 0 if not, 2 if the text cannot be checked.

    Example: bellwether check article.md --as-of 2024-09-12 --html article-checked.html
    """
    from pipelines.check import as_list, check_text
    from pipelines.reading.documents import MAX_BYTES, TextError

    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with file.open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
        connection = open_reader(Settings())
        found = check_text(connection, data, file.name, _day(as_of), _day(known_by))
    except OSError as error:
        raise _fail(f"{file} cannot be read: {error.strerror}", WRONG_USE) from error
    except (TextError, WarehouseError) as error:
        raise _fail(str(error), WRONG_USE) from error
    if html is not None:
        from pipelines.check_page import render

        html.write_text(render(found), encoding="utf-8", newline="\n")
        complaints.print(f"Marked up: {escape(str(html))}", highlight=False, soft_wrap=True)
    if as_json:
        _print_json(as_list(found))
    else:
        _show_check(found)
    if found.is_wrong:
        raise typer.Exit(BAD_NEWS)


#: How verdicts look in a terminal.
COLOURS = {
    "contradicted": "red",
    "misattributed": "red",
    "outdated": "yellow",
    "supported": "green",
}


def _show_check(found: "Checked") -> None:
    table = Table()
    for name in ("line", "verdict", "kind", "claim", "because"):
        table.add_column(name, justify="right" if name == "line" else "left")
    for told, verdict in found.claims:
        line = found.document.blocks[told.block].line
        colour = COLOURS.get(verdict.verdict, "cyan")
        because = "; ".join(filter(None, [verdict.because, verdict.by_now]))
        if verdict.belongs_to:
            because += f" -> {verdict.belongs_to}"
        table.add_row(
            str(line or ""), f"[{colour}]{verdict.verdict.replace('_', ' ')}[/{colour}]",
            told.kind.replace("_", " "), escape(told.text), escape(because),
        )  # fmt: skip
    if found.claims:
        console.print(table)
    for left in found.unchecked:
        line = found.document.blocks[left.block].line
        console.print(f"[dim]unchecked, line {line}:[/dim] {escape(left.text)} "
                      f"[dim]({escape(left.because)})[/dim]", highlight=False)  # fmt: skip
    counts = ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in found.counts.items())
    seen = found.coverage
    console.print(
        f"As of {found.as_of} ({found.as_of_from}): {counts or 'no claim found'}. Of "
        f"{seen['sentences']} sentences {seen['with_claims']} hold a checked claim, "
        f"{seen['unchecked']} look checkable but were not read, {seen['nothing_to_check']} hold "
        "nothing to check.",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


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


@identity_app.command("coverage")
def identity_coverage(
    source: Annotated[str, typer.Argument(help="List the names of this source left open.")] = "",
    limit: Annotated[int, typer.Option("--limit", help="Names to list, most frequent first.")] = 40,
    as_json: AsJson = False,
) -> None:
    """How much of what sources say is under a name that was understood, and which names are not.

    Names of embeddings, images, audio, routers and the like are counted apart: they mean no model
    to chat with. An alias is one line of sql/seeds/aliases.csv.

    Example: bellwether identity coverage litellm
    """
    from pipelines.answers import coverage_answer, open_names_answer

    connection = _reader(Settings())
    if source:
        rows = open_names_answer(connection, source, limit)
    else:
        rows = coverage_answer(connection, by_kind=as_json)
    if as_json:
        _print_json(rows)
    else:
        grid(rows, console)


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
        with niceness(READERS_LATER):
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
def show_sources(
    as_json: AsJson = False,
    wide: Annotated[bool, typer.Option("--wide", help="Every column, licence included.")] = False,
) -> None:
    """How every source is doing, in one word, and what to do about it.

    good is how long ago it was last read well, newest how old the newest thing it says is; +/- rows
    gained or lost against the reading before; held: rows in quarantine; disp: prices that differ
    from the resolved ones; open: names not understood. Exits with 1 if a source is broken, shrunk
    or overdue.

    Example: bellwether sources --wide
    """
    from pipelines import source_words

    settings = Settings()
    rows = source_words.health_rows(_reader(settings))
    if as_json:
        _print_json(rows)
    elif wide:
        grid(rows, console)
    else:
        source_words.show(rows, settings.now(), console)
    if any(row["status"] in source_words.ALARMING for row in rows):
        raise typer.Exit(BAD_NEWS)


#: What can differ between the edition and the feeds, and what a line of it says.
GAPS = {
    "price": "list prices that the edition never states",
    "launch": "launches of its models that it does not date",
    "retirement": "retirements that it lacks or dates otherwise",
    "version": "versions of vendors' listings that it does not have",
    "post": "vendors' posts of models that nothing knows",
}


@edition_app.command("check")
def edition_check(
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help=f"Only these: {', '.join(GAPS)}.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="Only what was first read since."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the bundled edition with the feeds as loaded: what it lacks or says otherwise.

    Exits with 1 if there is anything. Example: bellwether edition check --kind price
    """
    wrong = sorted(set(kind or []) - set(GAPS))
    if wrong:
        raise _fail(f"No such kind: {', '.join(wrong)}. Kinds: {', '.join(GAPS)}.", WRONG_USE)
    cursor = _reader(Settings()).execute(
        "select g.kind, g.model_id, g.edition_says, g.feeds_say, g.source, g.source_url, "
        "g.known_on from marts.edition_gaps as g "
        "where list_contains(?, g.kind) and g.known_on >= ? order by g.known_on desc, g.gap_id",
        [list(kind or GAPS), _day(since) or date.min],
    )
    names = [column[0] for column in cursor.description]
    gaps = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if as_json:
        _print_json(gaps)
    else:
        for word, meaning in GAPS.items():
            of_kind = [gap for gap in gaps if gap["kind"] == word]
            if of_kind:
                console.print(f"\n[bold]{len(of_kind)} {meaning}[/bold]")
                hidden = (
                    {"kind", "source_url"}
                    if word != "post"
                    else {"kind", "model_id", "edition_says"}
                )
                grid(
                    [{k: v for k, v in gap.items() if k not in hidden} for gap in of_kind], console
                )
        if not gaps:
            console.print("The edition has what the feeds say.")
    if gaps:
        raise typer.Exit(BAD_NEWS)


# ------------------------------------------------------------------ briefings


@brief_app.command("launch")
def brief_launch(
    event: Annotated[str, typer.Argument(help="Launch, by event id or model name.")],
    as_of: AsOf = None,
    known_by: KnownBy = None,
    commercial: Commercial = False,
) -> None:
    """Who gains and who loses from a launch, as HTML, Markdown and PDF.

    Example: bellwether brief launch o1-mini --known-by 2024-09-13
    """
    _brief("launch", event, as_of, known_by, commercial)


@brief_app.command("weekly")
def brief_weekly(
    week: Annotated[str, typer.Argument(help="Week, like 2024-W37; none for the last.")] = "",
    as_of: AsOf = None,
    known_by: KnownBy = None,
    commercial: Commercial = False,
) -> None:
    """What changed in a week, so what, and what to do.

    Example: bellwether brief weekly 2024-W37
    """
    _brief("weekly", week, as_of, known_by, commercial)


@brief_app.command("monthly")
def brief_monthly(
    month: Annotated[str, typer.Argument(help="Month, like 2024-09; none for the last.")] = "",
    as_of: AsOf = None,
    known_by: KnownBy = None,
    commercial: Commercial = False,
) -> None:
    """A month segment by segment: positions, share, winners and losers.

    Example: bellwether brief monthly 2024-09
    """
    _brief("monthly", month, as_of, known_by, commercial)


@brief_app.command("model")
def brief_model(
    model: Annotated[str, typer.Argument(help="Model, alias or vendor/version.")],
    as_of: AsOf = None,
    known_by: KnownBy = None,
    commercial: Commercial = False,
) -> None:
    """One model: what it cost, where it stands, its rivals, what would beat it.

    Example: bellwether brief model o1-mini --as-of 2024-12-01
    """
    _brief("model", model, as_of, known_by, commercial)


@brief_app.command("scorecard")
def brief_scorecard(as_of: AsOf = None, commercial: Commercial = False) -> None:
    """Were the calls right? Every verdict made the day after, against what is known since.

    Example: bellwether brief scorecard
    """
    _brief("scorecard", "", as_of, None, commercial)


@brief_app.command("issues")
def brief_issues(
    since: Annotated[
        datetime, typer.Option("--since", formats=["%Y-%m-%d"], help="First day of a period.")
    ],
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], help="Last day of a period; default today."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only weekly, or only monthly.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Render all weekly and monthly issues of a time, each from what was known at its end.

    Example: bellwether brief issues --since 2024-07-01 --until 2026-08-31
    """
    settings = Settings()
    _reader(settings).close()
    from pipelines.briefings.backissues import ISSUES, orders, render_all

    if kind not in (None, *ISSUES):
        raise _fail(f"no issue is called {kind}; there are {', '.join(ISSUES)}", WRONG_USE)
    last = _day(until) or settings.now().date()
    asked = orders(since.date(), last, ISSUES if kind is None else (kind,))
    with _progress() as progress:
        task = progress.add_task("Rendering issues", total=len(asked))
        problems = render_all(settings, asked, workers, lambda _: progress.advance(task))
    console.print(f"{len(asked) - len(problems)} issues in {settings.reports}", highlight=False)
    if problems:
        raise _fail("\n".join(problems))


@app.command()
def site() -> None:
    """Collect the rendered briefings in a static site: index, feeds, calendar, llms.txt.

    Works from a folder and on any static host; `site_url` in the theme makes addresses absolute.

    Example: bellwether site
    """
    settings = Settings()
    connection = _reader(settings)
    from pipelines.briefings.site import INDEX, build
    from pipelines.briefings.theme import ThemeError

    try:
        count, problems = build(settings.reports, connection, _desk(settings).theme)
    except ThemeError as error:
        raise _fail(str(error), WRONG_USE) from error
    console.print(f"{count} briefings: {settings.reports / INDEX}", highlight=False)
    if problems:
        raise _fail("\n".join(problems))


@app.command()
def alert() -> None:
    """Tell what changed since the last look to those whom BELLWETHER_ALERTS names; once each.

    A run does this by itself. The first time it only takes its bearings.

    Example: BELLWETHER_ALERTS=alerts.toml bellwether alert
    """
    settings = Settings()
    if settings.alerts is None:
        raise _fail("alerts are off: set BELLWETHER_ALERTS to a file of routes", WRONG_USE)
    connection = _reader(settings)
    from pipelines.alerts import AlertError, LedgerError, look, read_channels

    try:
        report = look(connection, settings, read_channels(settings.alerts))
    except (AlertError, LedgerError) as error:
        raise _fail(str(error), WRONG_USE) from error
    console.print(f"{report.found} changes, {report.sent} messages sent.")
    if report.problems:
        raise _fail("\n".join(report.problems))


def _desk(settings: Settings) -> Any:
    from pipelines.briefings.render import Desk
    from pipelines.briefings.theme import read_theme
    from pipelines.ledger import Ledger

    return Desk(read_theme(settings.theme), Ledger(settings.ledger))


def _brief(
    kind: str,
    subject: str,
    as_of: datetime | None,
    known_by: datetime | None,
    commercial: bool,
) -> None:
    """Render one briefing and say where it is."""
    settings = _settings_for(commercial=commercial)
    connection = _reader(settings)
    if settings.commercial:
        from pipelines.answers import used_without_leave

        if used := used_without_leave(connection):
            raise _fail(
                f"the published warehouse uses {', '.join(used)}, whose terms do not allow "
                "commercial use; build it without them: bellwether run --commercial",
                WRONG_USE,
            )
    from pipelines.briefings.render import BriefingError, Order, render
    from pipelines.briefings.theme import ThemeError
    from pipelines.ledger import LedgerError

    order = Order(kind, subject, _day(as_of), _day(known_by))
    # The process ends with its page: looking through what it made for what is in use is in vain.
    gc.disable()
    try:
        folder = render(connection, order, settings.reports, _desk(settings))
    except (BriefingError, ThemeError, LedgerError) as error:
        raise _fail(str(error), WRONG_USE) from error
    finally:
        gc.enable()
    for name in ("index.html", "briefing.md", "briefing.pdf", "briefing.xlsx"):
        console.print(str(folder / name), highlight=False, soft_wrap=True)


@app.command()
def approve(
    briefing: Annotated[str, typer.Argument(help="Its folder, or kind/partition.")],
    by: Annotated[str, typer.Option("--by", help="Who read and verified it.")],
    despite: Annotated[
        str | None, typer.Option(help="Sign although a check of severity error stands; says why.")
    ] = None,
) -> None:
    """Sign off a briefing: bind a name and a time to its content, and render it without the banner.

    Any later change of the content voids the sign-off. Needs no check of severity error to stand.

    Example: bellwether approve launch/o1-mini --by "Ada Analyst"
    """
    settings = Settings()
    connection = _reader(settings)
    from pipelines.briefings import signoff
    from pipelines.briefings.render import BriefingError, compose, order_of, render
    from pipelines.briefings.theme import ThemeError
    from pipelines.ledger import LedgerError
    from pipelines.standing_checks import standing

    folder = Path(briefing) if Path(briefing).is_dir() else settings.reports / briefing
    try:
        desk = _desk(settings)
        order = order_of(signoff.read_manifest(folder))
        hashed = compose(connection, order, desk.theme).content_hash
        entry = signoff.approve(
            desk.ledger, folder, hashed, by, standing(connection, settings), despite
        )
        render(connection, order, settings.reports, desk)
    except (BriefingError, ThemeError, LedgerError, signoff.SignoffError) as error:
        raise _fail(str(error)) from error
    console.print(f"Signed off by {escape(entry['name'])}: {folder}", highlight=False)


if __name__ == "__main__":
    app()
