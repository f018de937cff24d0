"""What every briefing says of itself: its dates, edition, sources, freshness and open names."""

from datetime import date, datetime, time, timedelta
from typing import Any

from pipelines.briefings.evidence import computed_fact
from pipelines.briefings.facts import Fact, Facts, Figure, day
from pipelines.briefings.market import Market, Row, rows
from pipelines.warehouse import first_row


def masthead(market: Market, kind: str, title: str) -> Row:
    """What the shells of every kind need."""
    return {
        "kind": kind,
        "title": title,
        "as_of": market.as_of,
        "known_by": market.known_by,
        "is_hindsight": market.is_hindsight,
        "freshness": freshness(market),
        "left_out": left_out(market),
        "edition_on": edition_on(market),
    }


def freshness(market: Market) -> list[Row]:
    """When each feed had last been read well by the page's known time.

    Empty where only the bundled edition is loaded. Reads the log of fetches, not source health:
    that table speaks of today, and a page known by an earlier day must not change with it.
    """
    return rows(
        market.connection,
        "select s.title, max(f.fetched_at) as last_good_at from raw.fetches as f "
        "inner join raw.sources as s on s.source = f.source "
        "where s.is_used and f.status <> 'failed' and f.fetched_at < ? "
        "group by s.title order by s.title",
        [datetime.combine(market.known_by + timedelta(days=1), time())],
    )


def left_out(market: Market) -> list[Row]:
    """Sources left out of every figure since their terms do not allow commercial use."""
    return rows(
        market.connection,
        "select s.title, s.licence from raw.sources as s where not s.is_used order by s.title",
    )


def edition_on(market: Market) -> date | None:
    """Publication day of the newest curated fact the page may know."""
    (newest,) = first_row(
        market.connection,
        "select max(e.published_on) from (select published_on from seeds.results "
        "union all select published_on from seeds.companies "
        "union all select published_on from seeds.prices "
        "union all select published_on from seeds.releases) as e "
        "where e.published_on <= ?",
        [market.known_by],
    )
    return day(newest) if newest else None


def unresolved(market: Market) -> Figure | None:
    """How many spellings in the feeds mean nothing known."""
    query = "select count(*) as names from core.unresolved_names"
    (count,) = first_row(market.connection, query)
    fact = computed_fact(
        market, "Spellings in the feeds that no rule or alias decides", str(count), query,
        "their prices are not used", "names",
    )  # fmt: skip
    return market.facts.figure(count, "count", fact)


def sources(facts: Facts) -> list[dict[str, Any]]:
    """Publishers of the facts cited so far, with licence, dates and how many facts each gave."""
    groups: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts.cited:
        groups.setdefault((fact.publisher, fact.licence), []).append(fact)
    found = []
    for (publisher, licence), cited in sorted(groups.items()):
        days = [d for f in cited if (d := f.published_on or f.known_on)]
        found.append(
            {
                "publisher": publisher,
                "licence": licence,
                "first_on": min(days, default=None),
                "last_on": max(days, default=None),
                "count": str(len(cited)),
                "numbers": [str(facts.number(f)) for f in cited],
                "link": next((f.link for f in cited if f.link), None),
            }
        )
    return found


def fit_behind(market: Market, fit: date | None) -> Row:
    """The fit behind a page: how many results of how many models, known by when."""
    if fit is None:
        return {"fit_on": None}
    query = (
        "select count(*) as models, max(d.results) as results from analysis.capabilities as c "
        "cross join (select sum(b.results) as results from analysis.benchmark_difficulties as b "
        f"where b.known_on = date '{fit}') as d "
        f"where c.known_on = date '{fit}' and c.basket_kind = 'overall'"
    )
    models, results = first_row(market.connection, query)
    fact = computed_fact(
        market, "Results in the fit", f"{models} models, {int(results)} results", query,
        "two-parameter logistic fit", "models, results",
    )  # fmt: skip
    return {
        "fit_on": fit,
        "models": market.facts.figure(models, "count", fact),
        "results": market.facts.figure(results, "count", fact),
    }
