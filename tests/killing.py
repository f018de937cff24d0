"""Kills processes at chosen moments of small pieces of work, and looks at what they left.

A script: `killing.py FOLDER PUBLISHED REPLAY REPLAY SEED` prints one JSON object, the outcome by
point of work. It forks every worker and holds no file open itself. The replay servers are of DAYS.
A worker is killed with SIGKILL, which nothing can catch: at a line of the code at work (drawn among
all that it passes), or after a time (drawn from the time it takes), which also falls into the
libraries, DuckDB's commits and copies of files.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb

from pipelines import fetch, raw, tables, warehouse
from pipelines.briefings import signoff
from pipelines.briefings.render import Desk, Order, compose, write
from pipelines.briefings.theme import Theme
from pipelines.ledger import Ledger, LedgerError
from pipelines.settings import PROJECT, Settings
from pipelines.snapshots import Snapshots
from pipelines.sources import sources

#: Kills by point of work; their sum is what the test asks for.
KILLS = {
    "fetch": 80, "load": 80, "build": 60, "publish": 80, "render": 50, "sign-off": 50,
    "ledger append": 100,
}  # fmt: skip
#: Of these, how many strike after a time; the others strike at a line.
BY_TIME = 0.3
#: Kills in a row before the work is done in full and compared.
BEFORE_HEALING = 4
SOURCE = "litellm"
DAYS = ("2024-09-12", "2024-09-13")
BUILT = ("seeds.metrics", "seeds.vendors", "seeds.segments", "seeds.benchmarks")


@dataclass
class Outcome:
    """What came of the kills at one point."""

    at_lines: int = 0
    by_time: int = 0
    healed: int = 0
    lost: list[str] = field(default_factory=list)
    corrupted: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Point:
    """A piece of work: what it does, which files' lines are at work, how to look at what is left.

    `look` is asked after every kill, `healed` after the work was done once more in full; both give
    complaints as (kind, words). `begin` makes the folder the work starts from.
    """

    files: tuple[str, ...]
    begin: Callable[[Path], None]
    act: Callable[[Path], None]
    look: Callable[[Path], list[tuple[str, str]]]
    healed: Callable[[Path], list[tuple[str, str]]]


# ------------------------------------------------------------------ workers


def forked(work: Callable[[], Any]) -> tuple[int, Any]:
    """Wait status of a child that does some work, and what the work gave."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            given = json.dumps(work()).encode()
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(given)
            status = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        given = pipe.read()
    return os.waitpid(child, 0)[1], json.loads(given) if given else None


def asked(work: Callable[[], Any]) -> Any:
    """What a child's work gives; it must end well."""
    status, given = forked(work)
    assert status == 0, f"a worker ended with {status}"
    return given


def on_lines(files: Iterable[str], on_line: Callable[[], None]) -> None:
    """Call `on_line` before each line of some files of the pipeline, in every thread."""
    wanted = {str(PROJECT / "pipelines" / name) for name in files}

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename not in wanted:
            return None
        if event == "line":
            on_line()
        return trace

    threading.settrace(trace)
    sys.settrace(trace)


def lines_passed(point: Point, home: Path) -> int:
    """How many lines of its files the work passes."""

    def count() -> int:
        passed = 0

        def one_more() -> None:
            nonlocal passed
            passed += 1

        on_lines(point.files, one_more)
        point.act(home)
        sys.settrace(None)
        return passed

    return int(asked(count))


def killed_at_line(point: Point, home: Path, line: int) -> bool:
    """Whether the work was killed before that line."""

    def work() -> None:
        left = line

        def one_less() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        on_lines(point.files, one_less)
        point.act(home)

    return forked(work)[0] == signal.SIGKILL


def killed_after(point: Point, home: Path, seconds: float) -> bool:
    """Whether the work was killed by then; it may have been done."""
    child = os.fork()
    if child == 0:
        try:
            point.act(home)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)  # not waited for yet, so the number is still its own
    return os.waitpid(child, 0)[1] == signal.SIGKILL


# ------------------------------------------------------------------ points of work


def settings_of(home: Path, day: str, url: str = "") -> Settings:
    return Settings(
        home=home, replay_url=url or None, pretend_now=datetime.fromisoformat(day), threads=1
    )


def content(connection: warehouse.Connection, names: Iterable[str]) -> list[Any]:
    """Rows of tables in comparable form: how many, and a hash of them all."""
    found = (
        connection.execute(
            f"select count(*), cast(bit_xor(hash(t)) as varchar) from {name} as t"
        ).fetchall()[0]
        for name in names
    )
    return [list(row) for row in found]


def observed(home: Path) -> list[Any]:
    """Every observation of the source, with its days."""
    with warehouse.open_writer(settings_of(home, DAYS[1])) as connection:
        return content(connection, [f"raw.{SOURCE}__{t}" for t in sources()[SOURCE].things])


def read_day(home: Path, day: str, url: str) -> None:
    """Fetch the source as of a day and load it, as a run does."""
    source, settings = sources()[SOURCE], settings_of(home, day, url)
    snapshots = Snapshots(settings.snapshots)
    with warehouse.open_writer(settings) as connection:
        tables.create_schemas(connection)
        raw.create_tables(connection, [source])
        raw.load(connection, source, snapshots)
        for _ in fetch.read_sources([source], connection, snapshots, settings):
            raw.load(connection, source, snapshots)


def kept_bytes(home: Path) -> list[tuple[str, str]]:
    """Complaints about payloads that the log names and that are not what they were."""
    snapshots = Snapshots(settings_of(home, DAYS[1]).snapshots)
    complaints = []
    for entry in snapshots.fetches():
        if entry.sha256:
            try:
                snapshots.read(entry.sha256)
            except Exception as error:
                complaints.append(("lost", str(error)))
    return complaints


def reading(folder: Path, urls: list[str], files: tuple[str, ...]) -> Point:
    """Fetching and loading the second day onto the first."""

    def begin(home: Path) -> None:
        asked(lambda: read_day(home, DAYS[0], urls[0]))

    def act(home: Path) -> None:
        read_day(home, DAYS[1], urls[1])

    def healed(home: Path) -> list[tuple[str, str]]:
        if observed(home) != expected:
            return [("lost", "observations differ from those of an undisturbed home")]
        return kept_bytes(home)

    begin(folder)
    asked(lambda: act(folder))
    expected = asked(lambda: observed(folder))
    return Point(files, begin, act, kept_bytes, healed)


def building(folder: Path) -> Point:
    """Replacing tables, each with its checks."""

    def build(home: Path) -> None:
        known = tables.catalogue().tables
        with warehouse.open_writer(settings_of(home, DAYS[0])) as connection:
            tables.create_schemas(connection)
            for name in BUILT:
                tables.build(known[name], connection)

    def rows(home: Path) -> list[Any]:
        with warehouse.open_writer(settings_of(home, DAYS[0])) as connection:
            return content(connection, BUILT)

    def look(home: Path) -> list[tuple[str, str]]:
        return [] if rows(home) == expected else [("wrong", "a table is not whole")]

    asked(lambda: build(folder))
    expected = asked(lambda: rows(folder))
    return Point(("tables.py", "warehouse.py"), lambda home: asked(lambda: build(home)), build,
                 look, look)  # fmt: skip


def publishing() -> Point:
    """A version whose two tables always agree."""

    def act(home: Path) -> None:
        with warehouse.open_writer(settings_of(home, DAYS[0])) as connection:
            connection.execute("begin")
            for name in ("t", "u"):
                connection.execute(
                    f"create or replace table {name} as select {os.getpid()} as version, "
                    "hash(i) as h from range(20000) as r(i)"
                )
            connection.execute("commit")
            warehouse.publish(connection, settings_of(home, DAYS[0]))

    def look(home: Path) -> list[tuple[str, str]]:
        settings = settings_of(home, DAYS[0])
        connection = warehouse.open_reader(settings)
        seen = connection.execute(
            "select min(version), max(version), count(*) from (from t union all from u)"
        ).fetchall()[0]
        connection.close()
        if seen[0] != seen[1] or seen[2] != 40000:
            return [("wrong", f"a version is not whole: {seen}")]
        return []

    def healed(home: Path) -> list[tuple[str, str]]:
        left = [p.name for p in settings_of(home, DAYS[0]).published.parent.iterdir()]
        kept = [name for name in left if name.startswith("bellwether-")]
        # The copier of a killed writer may just have begun; the next publication clears it away.
        if len(kept) > 3 or sum(name.endswith(".part") for name in left) > 1:
            return [("wrong", f"leftovers: {left}")]
        return look(home)

    return Point(("warehouse.py",), lambda home: asked(lambda: act(home)), act, look, healed)


def pages(published: Path) -> tuple[Point, Point]:
    """Rendering a briefing, and signing it off."""
    settings = settings_of(published, DAYS[0])
    with duckdb.connect(str(settings.published), read_only=True, config={"threads": 1}) as opened:
        composed = compose(opened, Order("weekly", "2024-W37"), Theme())
    others = [replace(composed, content=composed.content + f"\nOther words {n}.\n") for n in (1, 2)]

    def desk(home: Path) -> Desk:
        return Desk(Theme(), Ledger(home / "ledger.jsonl"))

    def folder(home: Path) -> Path:
        return home / "out" / "weekly" / composed.order.partition

    def begin(home: Path) -> None:
        asked(lambda: str(write(composed, home / "out", desk(home))))

    def render(home: Path) -> None:
        write(others[os.getpid() % 2], home / "out", desk(home))

    def whole(home: Path) -> list[tuple[str, str]]:
        try:
            manifest = signoff.read_manifest(folder(home))
        except signoff.SignoffError as error:
            return [("wrong", str(error))]
        if changed := signoff.altered(folder(home), manifest):
            return [("wrong", f"pages of different briefings: {changed}")]
        said = (folder(home) / "briefing.md").read_text()
        body = said.split("\n\n", 1)[1]
        if hashlib.sha256(body.encode()).hexdigest() != manifest["content_hash"]:
            return [("wrong", "the page is not what its manifest says")]
        return []

    def tidy(home: Path) -> list[tuple[str, str]]:
        left = [p.name for p in folder(home).parent.iterdir() if p.name.startswith(".")]
        return whole(home) + [("wrong", f"left behind: {name}") for name in left]

    def sign(home: Path) -> None:
        now = composed if signoff.read_manifest(folder(home))["content_hash"] == (
            composed.content_hash
        ) else others[0]  # fmt: skip
        ledger = desk(home).ledger
        assert ledger is not None
        signoff.approve(ledger, folder(home), now.content_hash, "Ada Analyst", [], None)
        write(now, home / "out", desk(home))

    def signed(home: Path) -> list[tuple[str, str]]:
        complaints = whole(home)
        try:
            entries = Ledger(home / "ledger.jsonl").entries(signoff.KIND)
        except LedgerError as error:
            return [*complaints, ("corrupted", str(error))]
        manifest = signoff.read_manifest(folder(home))
        holds = {entry["content_hash"] for entry in entries}
        if manifest["is_approved"] and manifest["content_hash"] not in holds:
            complaints.append(("wrong", "a page says signed off, the ledger does not"))
        return complaints

    def approved(home: Path) -> list[tuple[str, str]]:
        if not signoff.read_manifest(folder(home))["is_approved"]:
            return [("lost", "the sign-off does not show")]
        return signed(home)

    files = ("folders.py", "briefings/render.py", "briefings/exports.py", "briefings/signoff.py")
    return (
        Point(files, begin, render, whole, tidy),
        Point(("ledger.py", "folders.py", "briefings/signoff.py"), begin, sign, signed, approved),
    )


def appending() -> Point:
    """Entries of which each is answered for once it is on disk."""

    def told(home: Path) -> list[int]:
        said = home / "said"
        return [int(line) for line in said.read_text().split()] if said.exists() else []

    def act(home: Path) -> None:
        ledger = Ledger(home / "ledger.jsonl")
        for _ in range(3):
            number = time.monotonic_ns()
            ledger.append("made", {"number": number, "words": "x" * 300})
            # What was answered for, in one write that a kill cannot split.
            handle = os.open(home / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.write(handle, f"{number}\n".encode())
            os.close(handle)

    def look(home: Path) -> list[tuple[str, str]]:
        try:
            found = [entry["number"] for entry in Ledger(home / "ledger.jsonl").entries("made")]
        except LedgerError as error:
            return [("corrupted", str(error))]
        complaints = [("lost", str(number)) for number in told(home) if number not in found]
        if len(set(found)) < len(found):
            complaints.append(("corrupted", "an entry stands twice"))
        return complaints

    return Point(("ledger.py",), lambda home: home.mkdir(exist_ok=True), act, look, look)


# ------------------------------------------------------------------ the whole


def struck(name: str, point: Point, folder: Path, chance: random.Random) -> Outcome:
    """Kill the work at one point as often as asked for, and gather complaints."""
    found = Outcome()
    template = folder / "begin"
    template.mkdir(parents=True)
    point.begin(template)
    home = folder / "home"

    def anew() -> None:
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(template, home, symlinks=True)

    def complain(complaints: list[list[str]], when: str) -> None:
        for kind, words in complaints:
            getattr(found, kind).append(f"{name}, {when}: {words}")

    anew()
    lines = lines_passed(point, home)
    started = time.monotonic()
    anew()
    asked(lambda: point.act(home))
    whole_s = time.monotonic() - started
    anew()
    by_time = round(KILLS[name] * BY_TIME)
    since_healing = 0
    while found.at_lines + found.by_time < KILLS[name]:
        if found.by_time < by_time:
            after = chance.uniform(0, whole_s)
            hit, when = killed_after(point, home, after), f"after {after:.3f} s"
            found.by_time += hit
        else:
            line = chance.randint(1, lines)
            hit, when = killed_at_line(point, home, line), f"at line {line} of {lines}"
            found.at_lines += hit
        complain(asked(lambda: point.look(home)), when)
        since_healing += hit
        is_last = found.at_lines + found.by_time == KILLS[name]
        if since_healing >= BEFORE_HEALING or is_last:
            asked(lambda: point.act(home))
            complain(asked(lambda: point.healed(home)), f"healed, {when}")
            found.healed += 1
            since_healing = 0
            anew()
    return found


def main() -> None:
    """Strike every point."""
    folder, published, *urls, seed = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]
    chance = random.Random(seed)
    tables.catalogue()
    render, sign = pages(published)
    net = ("fetch.py", "transport.py", "bodies.py", "snapshots.py")
    points = {
        "fetch": reading(folder / "read", urls, net),
        "load": reading(folder / "loaded", urls, ("raw.py", f"sources/{SOURCE}.py")),
        "build": building(folder / "built"),
        "publish": publishing(),
        "render": render,
        "sign-off": sign,
        "ledger append": appending(),
    }
    found = {}
    for name, point in points.items():
        found[name] = asdict(struck(name, point, folder / name.replace(" ", "-"), chance))
        print(name, file=sys.stderr, flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
