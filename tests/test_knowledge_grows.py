"""What was known by a day never changes when later payloads arrive, nor by loading all at once.

The archive is loaded up to one day after the other; at each, questions are drawn whose known time
is no later, and asked again of a warehouse that was loaded at once.
"""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from feeds import rows

from pipelines import raw, tables
from pipelines.sources import sources
from pipelines.tables import Connection, catalogue

pytestmark = pytest.mark.archive

SEED = 20261127
QUESTIONS = 1000
CHECKPOINTS = 12
#: At these checkpoints capability is fitted too and standing asked.
FITTED = (3, 7)
STANDING_QUESTIONS = 40
#: Before the archive begins there is the edition alone.
FIRST_DAY = date(2024, 6, 1)
#: Share of each kind of question, and its SQL; `as_of` and `known_by` are put in.
KINDS = {
    "prices": (0.6, "select * from prices_on($as_of, $known_by) order by offering_id"),
    "results": (0.2, "select * from results_known($known_by) order by result_id"),
    "launches": (0.1, "select * from releases_known($known_by) order by model_id"),
    "retirements": (0.1, "select * from retirements_known($known_by) order by model_id"),
}
STANDING = (
    "select s.model_id, s.price_3to1_usd_per_mtok, round(s.capability, 3), s.is_on_frontier, "
    "s.dominated_by, s.members from standing_on($segment, $as_of, $known_by) as s order by all"
)
READ = ("prices_on", "results_known", "releases_known", "retirements_known")


class Growing(raw.Snapshots):
    """A log of its own that grows day by day; the bytes are those of the whole archive."""

    def __init__(self, folder: Path, whole: raw.Snapshots):
        super().__init__(folder)
        self.whole = whole
        self.waiting = sorted(whole.fetches(), key=lambda fetch: fetch.fetched_at)

    def read(self, sha256: str) -> bytes:
        return self.whole.read(sha256)

    def grow_until(self, day: date) -> None:
        due = [f for f in self.waiting if f.fetched_at[:10] <= day.isoformat()]
        self.append(due)
        self.waiting = self.waiting[len(due) :]


def load(connection: Connection, snapshots: raw.Snapshots, with_fits: bool) -> None:
    for source in sources().values():
        raw.load(connection, source, snapshots)
    known = catalogue()
    asked = (*READ, "standing_on") if with_fits else READ
    tables.build_all(connection, set().union(*(known.tables_read(macro) for macro in asked)))


def between(rng: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def draw(rng: random.Random, day: date, count: int) -> Iterable[tuple[str, date, date]]:
    """Questions of a known time up to `day`, half of them of the last months."""
    for kind in rng.choices(list(KINDS), [share for share, _ in KINDS.values()], k=count):
        first = rng.choice([FIRST_DAY, max(FIRST_DAY, day - timedelta(days=60))])
        known_by = between(rng, first, day)
        as_of = between(rng, max(FIRST_DAY, known_by - timedelta(days=400)), known_by)
        yield kind, as_of, known_by


def ask(connection: Connection, query: str, **values: Any) -> list[Any]:
    for name, value in values.items():
        query = query.replace(f"${name}", f"'{value}'")
    return rows(connection, query)


@pytest.fixture(scope="module")
def loaded_by_days(
    archive_snapshots: raw.Snapshots, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[Any, list[Any]], dict[Any, list[Any]]]:
    """Answers given on the way, by question: those of prices and facts, and those of standing."""
    rng = random.Random(SEED)
    days = sorted({date.fromisoformat(f.fetched_at[:10]) for f in archive_snapshots.fetches()})
    stops = [
        days[round((i + 1) * (len(days) - 1) / CHECKPOINTS) - (i < CHECKPOINTS - 1)]
        for i in range(CHECKPOINTS)
    ]
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values())
    snapshots = Growing(tmp_path_factory.mktemp("growing"), archive_snapshots)
    answers: dict[Any, list[Any]] = {}
    standing: dict[Any, list[Any]] = {}
    for number, day in enumerate(stops):
        snapshots.grow_until(day)
        load(connection, snapshots, number in FITTED)
        count = QUESTIONS // CHECKPOINTS + (number < QUESTIONS % CHECKPOINTS)
        for kind, as_of, known_by in draw(rng, day, count):
            found = ask(connection, KINDS[kind][1], as_of=as_of, known_by=known_by)
            answers[(number, len(answers), kind, as_of, known_by)] = found
        if number in FITTED:
            segments = [s for (s,) in rows(connection, "select segment_id from core.segments "
                                           "where kind = 'models' order by 1")]  # fmt: skip
            for _ in range(STANDING_QUESTIONS // len(FITTED)):
                segment, known_by = rng.choice(segments), between(rng, FIRST_DAY, day)
                as_of = between(rng, FIRST_DAY, known_by)
                found = ask(connection, STANDING, segment=segment, as_of=as_of, known_by=known_by)
                standing[(number, segment, as_of, known_by)] = found
    connection.close()
    return answers, standing


def test_prices_results_and_launches_known_by_a_day_never_change(
    loaded_by_days: tuple[dict[Any, list[Any]], dict[Any, list[Any]]],
    archive_warehouse: Connection,
) -> None:
    answers, _ = loaded_by_days
    changed = [
        (kind, as_of, known_by)
        for (_, _, kind, as_of, known_by), found in answers.items()
        if ask(archive_warehouse, KINDS[kind][1], as_of=as_of, known_by=known_by) != found
    ]
    assert len(answers) == QUESTIONS
    assert sum(map(bool, answers.values())) > 0.8 * QUESTIONS, "questions that find nothing"
    assert changed == []


def test_standing_known_by_a_day_never_changes(
    loaded_by_days: tuple[dict[Any, list[Any]], dict[Any, list[Any]]],
    archive_warehouse: Connection,
) -> None:
    _, standing = loaded_by_days
    changed = [
        (segment, as_of, known_by)
        for (_, segment, as_of, known_by), found in standing.items()
        if ask(archive_warehouse, STANDING, segment=segment, as_of=as_of, known_by=known_by)
        != found
    ]
    assert sum(map(bool, standing.values())) > 0.5 * len(standing), "questions that find nothing"
    assert changed == []
