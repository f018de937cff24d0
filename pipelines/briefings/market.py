"""The market around one launch, read once: which day is judged, and from what was known by when."""

import difflib
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

from pipelines.briefings.facts import (
    Facts,
    day,
    decimal_places,
    quoted,
)
from pipelines.settings import SQL
from pipelines.tables import read_table
from pipelines.warehouse import Connection, first_row

Row = dict[str, Any]
Answer = TypeVar("Answer")
#: Known time that leaves nothing out.
EVERYTHING = date(9999, 12, 31)
SUGGESTIONS = 5
#: Launches whose standings the marts keep.
LAUNCHES = (
    "select e.* from core.events as e where e.event_id in "
    "(select d.event_id from core.segment_days as d)"
)


class BriefingError(Exception):
    """A briefing that cannot be made; the message says why and what can be asked instead."""


@dataclass(frozen=True)
class Order:
    """What somebody asks for: a kind of briefing, its subject, and the two clocks.

    `subject` is a launch, a model, a week (`2024-W37`) or a month (`2024-09`); the scorecard has
    none. None for a day means the kind's own choice.
    """

    kind: str
    subject: str = ""
    as_of: date | None = None
    known_by: date | None = None

    @property
    def partition(self) -> str:
        """The folder's name: the subject, and the days where they were asked for."""
        name = re.sub(r"[^a-z0-9._-]+", "-", self.subject.lower()).strip("-.") or "latest"
        if re.fullmatch(r"\d{4}-w\d{2}", name):
            name = name.upper()
        asked = [
            f"-{words}-{day}"
            for words, day in (("as-of", self.as_of), ("known-by", self.known_by))
            if day is not None
        ]
        return name + "".join(asked)


@dataclass(frozen=True)
class Moment:
    """What is judged, on which day, and from what was known by which other."""

    event: Row
    as_of: date
    known_by: date
    basis: str
    judged_by: date
    #: Day and known time that the marts keep for this launch on this basis.
    kept: tuple[date, date]
    #: The day judged where none is asked for.
    usual_as_of: date

    @property
    def is_hindsight(self) -> bool:
        """Everything known counts."""
        return self.basis == "hindsight"

    @property
    def is_stored(self) -> bool:
        """The marts hold this day; otherwise their queries are run for it."""
        return (self.as_of, self.judged_by) == self.kept

    @property
    def is_first_priced_day(self) -> bool:
        """Judged later than the first use, on the first day a list price is dated."""
        return bool(self.as_of == self.kept[0] != self.event["effective_on"])


def rows(connection: Connection, query: str, parameters: Sequence[Any] = ()) -> list[Row]:
    """An answer, read to its end, as dictionaries."""
    answer = connection.execute(query, list(parameters))
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def find_event(connection: Connection, asked: str) -> Row:
    """The launch of this id, or of a model of this name. Raises BriefingError with near ids."""
    events = {e["event_id"]: e for e in rows(connection, LAUNCHES)}
    key = asked.strip().lower()
    if key in events:
        return events[key]
    named = rows(
        connection,
        "select distinct r.event_id from core.event_models as r "
        "left join core.aliases as a on a.model_id = r.model_id where lower(r.model_id) = ? "
        "or a.alias = ? or r.model_id like '%/' || ? or a.alias like '%/' || ?",
        [key] * 4,
    )
    found = sorted({row["event_id"] for row in named} & set(events))
    if len(found) == 1:
        return events[found[0]]
    near = found or difflib.get_close_matches(key, events, n=SUGGESTIONS, cutoff=0.3)
    near += sorted(e for e in events if key and key in e and e not in near)[:SUGGESTIONS]
    said = f"several launches are named '{asked}'" if found else f"no launch is named '{asked}'"
    raise BriefingError(f"{said}; nearby: {', '.join(near) or ', '.join(sorted(events))}")


def choose_moment(
    connection: Connection, event: Row, as_of: date | None, known_by: date | None
) -> Moment:
    """Which day is judged from what. Raises BriefingError on a day nothing can be said of."""
    effective = event["effective_on"]
    newest = newest_fact(connection)
    if known_by is not None and known_by <= effective:
        raise BriefingError(
            f"{event['event_id']} could first be used on {effective}; the earliest briefing is "
            f"known by {effective + timedelta(days=1)}, the day after"
        )
    if as_of is not None and not effective <= as_of <= (known_by or newest):
        raise BriefingError(
            f"as of {as_of}: must lie between {effective}, when {event['event_id']} could first "
            f"be used, and {known_by or newest}, by which the facts were known"
        )
    kept = {
        row["basis"]: row
        for row in rows(
            connection,
            "select d.basis, d.as_of, d.known_by from core.segment_days as d where d.event_id = ?",
            [event["event_id"]],
        )
    }
    is_hindsight = known_by is None or known_by >= newest
    basis = "hindsight" if is_hindsight else "day_after"
    if known_by is None or known_by >= kept["day_after"]["known_by"]:
        judged_on, judged_by = kept[basis]["as_of"], kept[basis]["known_by"]
    else:  # no list price was dated yet: the day after the first use is all there is
        judged_on, judged_by = effective, effective + timedelta(days=1)
    return Moment(
        event=event,
        as_of=as_of or judged_on,
        known_by=known_by or newest,
        basis=basis,
        judged_by=judged_by,
        kept=(kept[basis]["as_of"], kept[basis]["known_by"]),
        usual_as_of=judged_on,
    )


def newest_fact(connection: Connection) -> date:
    """The day the newest fact became known: what "now" means on a page."""
    (newest,) = first_row(
        connection,
        "select max(k.known_on) from ("
        "select max(cast(known_at as date)) as known_on from core.price_claims "
        "union all select max(published_on) from core.results "
        "union all select max(published_on) from core.releases "
        "union all select max(published_on) from core.companies "
        "union all select max(stated_on) from core.claims) as k",
    )
    return day(newest)


def place(connection: Connection, moment: Moment) -> None:
    """Fill temporary tables `asked_positions`, `asked_impact` and `asked_companies`.

    For a day the marts do not hold, the marts' own queries are run on that day, so that no rule
    exists twice.
    """
    event_id = quoted(moment.event["event_id"])
    positions = (
        f"select * from marts.positioning where event_id = {event_id} "
        f"and basis = {quoted(moment.basis)}"
    )
    if not moment.is_stored:
        asked_day = (
            f"(select 'asked' as day_id, {event_id} as event_id, {quoted(moment.basis)} as basis, "
            f"date '{moment.as_of}' as as_of, date '{moment.judged_by}' as known_by, "
            "cast(null as varchar) as standing_id)"
        )
        positions = _mart("positioning").replace("analysis.day_states", asked_day)
    connection.execute(f"create temp table asked_positions as {positions}")
    impact = _mart("launch_impact").replace("marts.positioning", "asked_positions")
    connection.execute(f"create temp table asked_impact as {impact}")
    connection.execute(
        "create temp view company_positions as "
        "select * replace ('hindsight' as basis) from asked_positions"
    )
    companies = _mart("company_impact").replace("marts.positioning", "company_positions")
    connection.execute(f"create temp table asked_companies as {companies}")


def _mart(name: str) -> str:
    return read_table(SQL / "marts" / f"{name}.sql").select


@dataclass
class Market:
    """The market of one day as known by another: what every kind of briefing draws from.

    `judged_by` is the known time of prices and capability; EVERYTHING leaves nothing out.
    """

    connection: Connection
    facts: Facts
    as_of: date
    known_by: date
    judged_by: date
    is_hindsight: bool
    models: dict[str, Row]
    segments: dict[str, Row]
    abilities: dict[str, str]
    #: Answers that several sections need, by their question.
    answers: dict[Hashable, Any] = field(default_factory=dict, kw_only=True, repr=False)

    def once(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """The answer to a question, asked the first time only. Who gets it must not change it."""
        if question not in self.answers:
            self.answers[question] = ask()
        found: Answer = self.answers[question]
        return found

    @property
    def judged_by_sql(self) -> str:
        """Known time of prices and capability, as a SQL argument."""
        return "null" if self.judged_by == EVERYTHING else quoted(self.judged_by)

    def name(self, model_id: str | None) -> str | None:
        """Display name of a version."""
        return self.models[model_id]["name"] if model_id in self.models else model_id

    def names(self, model_ids: Iterable[str]) -> list[str]:
        """Display names, each once."""
        return [str(self.name(m)) for m in dict.fromkeys(model_ids)]

    def vendor(self, model_id: str) -> str:
        """Display name of a version's vendor."""
        return str(self.models.get(model_id, {}).get("vendor") or model_id.partition("/")[0])

    def segment_name(self, segment_id: str) -> str:
        """A segment's name in a sentence."""
        return str(self.segments[segment_id]["name"])


def read_market(
    connection: Connection,
    facts: Facts,
    as_of: date,
    known_by: date,
    judged_by: date,
    is_hindsight: bool,
    shown: Sequence[str] = (),
) -> Market:
    """Read the registry. `connection` must be a cursor of its own; `shown` limits the segments."""
    known = rows(connection, "select * from core.segments where kind = 'models' order by name")
    if unknown := sorted(set(shown) - {row["segment_id"] for row in known}):
        raise BriefingError(
            f"the theme shows {unknown[0]}, but there are only "
            f"{', '.join(row['segment_id'] for row in known)}"
        )
    return Market(
        connection=connection,
        facts=facts,
        as_of=as_of,
        known_by=known_by,
        judged_by=judged_by,
        is_hindsight=is_hindsight,
        models=_by(
            "model_id",
            rows(
                connection,
                "select m.*, v.name as vendor, a.api_available_on, a.shutdown_on "
                "from core.models as m left join core.vendors as v on v.vendor_id = m.vendor_id "
                "left join core.availability as a on a.model_id = m.model_id",
            ),
        ),
        segments=_by(
            "segment_id",
            [row for row in known if not shown or row["segment_id"] in shown],
        ),
        abilities={
            row["ability_id"]: row["name"]
            for row in rows(connection, "select * from core.abilities")
        },
    )


@dataclass
class Launch(Market):
    """Everything the sections of a launch briefing draw from, read once."""

    moment: Moment
    releases: dict[str, Row]
    prices: dict[str, Row]
    positions: list[Row]
    before: list[Row]
    impact: list[Row]
    comparisons: list[Row]
    results: list[Row]
    claims: list[Row]

    @property
    def entrants(self) -> list[str]:
        """Versions launched."""
        return list(self.releases)


def read(connection: Connection, facts: Facts, moment: Moment, shown: Sequence[str] = ()) -> Launch:
    """Read what the sections need. `connection` must be a cursor of its own."""
    place(connection, moment)
    market = read_market(
        connection, facts, moment.as_of, moment.known_by, moment.judged_by, moment.is_hindsight,
        shown,
    )  # fmt: skip
    event_id = moment.event["event_id"]
    order = "order by segment_id, capability_rank"
    (fit,) = first_row(connection, "select max(capability_known_on) from asked_positions")

    def inside(query: str) -> list[Row]:
        return [row for row in rows(connection, query) if row["segment_id"] in market.segments]

    releases = _by(
        "model_id",
        rows(
            connection,
            "select r.* from core.releases as r inner join core.event_models as v "
            "on v.model_id = r.model_id where v.event_id = ? and v.role = 'entrant' "
            "order by r.model_id",
            [event_id],
        ),
    )
    prices = _by(
        "model_id",
        rows(
            connection,
            f"select * from prices_on('{moment.as_of}', {market.judged_by_sql}) "
            "where is_list_price",
        ),
    )
    positions = inside(f"select * from asked_positions where side = 'with' {order}")
    before = inside(f"select * from asked_positions where side = 'without' {order}")
    # Of all results ever, those of models that can stand beside the launch.
    about = {*releases, *prices, *(p["model_id"] for p in (*positions, *before))}
    return Launch(
        **vars(market),
        moment=moment,
        releases=releases,
        prices=prices,
        positions=positions,
        before=before,
        impact=inside(f"select * from asked_impact {order}"),
        comparisons=rows(
            connection,
            "select * from analysis.comparisons where event_id = ? and known_on = ?",
            [event_id, fit],
        ),
        results=with_contradictions(
            rows(
                connection,
                "select r.*, b.name as benchmark, b.ability_id from core.results as r "
                "inner join core.benchmarks as b on b.benchmark_id = r.benchmark_id "
                "where r.published_on <= ? and r.is_headline_metric "
                "and (r.source = 'edition' or not r.is_repeat) and list_contains(?, r.model_id) "
                "order by b.name, r.published_on, r.result_id",
                [moment.known_by, sorted(about)],
            )
        ),
        claims=rows(
            connection,
            "select k.*, c.* from core.claims as c "
            "inner join marts.claim_checks as k on k.claim_id = c.claim_id "
            "where c.event_id = ? and c.stated_on <= ? order by c.stated_on, c.claim_id",
            [event_id, moment.known_by],
        ),
    )


def with_contradictions(results: list[Row]) -> list[Row]:
    """Results, those of a vendor that states another figure too with what else it says.

    A vendor's table with two columns swapped looks like any other: only its own other pages tell.
    """
    official: dict[tuple[Any, ...], list[Row]] = {}
    for row in results:
        if row["evidence"] == "official":
            key = tuple(row[k] for k in ("model_id", "benchmark_id", "benchmark_release",
                                         "publisher", "system"))  # fmt: skip
            official.setdefault(key, []).append(row)
    for rows in official.values():
        for row in rows:
            others = {
                f"{decimal_places(other['score'])} on {other['published_on']}"
                for other in rows
                if other["score"] != row["score"] and not _settings_differ(row, other)
            }
            if others:
                row["also_stated"] = f"{row['publisher']} also states {', '.join(sorted(others))}"
    return results


def _settings_differ(a: Row, b: Row) -> bool:
    """Whether two results of one publication are apart in how the model was asked."""
    return bool(a["published_on"] == b["published_on"] and a["configuration"] != b["configuration"])


def _by(key: str, found: list[Row]) -> dict[str, Row]:
    return {row[key]: row for row in found}
