"""By what the markets of launch days would be told apart from those computed before.

A price on a day follows from the claims, ends, releases, shutdowns and readings known by then (see
the macros `price_claims_on` and `price_of`). Added up in the order in which they became known,
their hashes up to a day say whether anything of it has changed since, in one pass over all days;
with hindsight they are added up in the order in which they hold, for what holds from a later day on
changes nothing of an earlier one. A reading only affirms what holds, so with hindsight one after
the day asked about is as good as one on it.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.settings import SQL

#: Events told anew with hindsight by the run that finds they must be; more are left for later.
AT_ONCE = 5
#: Columns of the tables that are hashes; by the others a day is the same one as before.
STATES = ("offers_id", "market_id", "standing_id")
#: What a standing follows from beside the tables that `READS` hashes.
METHOD = [
    Path(__file__),
    Path(__file__).with_name("draws.py"),
    *(SQL / "macros" / f"{name}.sql"
      for name in ("price_claims_on", "price_of", "prices_on", "standings", "workload_price")),
    SQL / "analysis" / "day_states.sql",
    SQL / "marts" / "positioning.sql",
    SQL / "marts" / "cost_per_task.sql",
]  # fmt: skip

_STEPS = """
with days as ({days}),

of_model as (
    select m.model_id, hash(m.vendor_id, m.is_reasoning) as model_hash
    from core.models as m
),

claims as (
    select
        c.claim_id, c.model_id, c.holds_from, cast(c.known_at as date) as known_on,
        c.listing_valid_to, c.listing_ended_known_at, c.name_valid_to, c.name_ended_known_at,
        hash(
            c.source, c.claim_id, c.offering_id, o.model_id, o.host_id, o.variant, o.is_list_price,
            m.model_hash, c.lineage, l.reliability_rank, c.input_usd_per_mtok,
            c.output_usd_per_mtok, c.cache_read_usd_per_mtok, c.valid_from_earliest,
            c.valid_from_latest, c.holds_from, c.known_at, c.evidence, c.equals_street_price,
            c.changed_on, c.is_alias, c.published_on
        ) as claim_hash
    from core.price_claims as c
    inner join core.offerings as o on o.offering_id = c.offering_id
    inner join core.lineages as l on l.lineage_id = c.lineage
    inner join of_model as m on m.model_id = c.model_id
),

ends as (
    select
        c.listing_valid_to as valid_to, cast(c.listing_ended_known_at as date) as known_on,
        hash('listing', c.claim_id, c.listing_valid_to, c.listing_ended_known_at) as end_hash
    from claims as c
    where c.listing_ended_known_at is not null
    union all
    select
        c.name_valid_to as valid_to, cast(c.name_ended_known_at as date) as known_on,
        hash('name', c.claim_id, c.name_valid_to, c.name_ended_known_at) as end_hash
    from claims as c
    where c.name_ended_known_at is not null
),

first_claims as (
    select c.model_id, min(c.holds_from) as holds_from, min(c.known_on) as known_on
    from claims as c
    group by c.model_id
),

releases as (
    select
        f.holds_from,
        greatest(f.known_on, coalesce(a.released_known_on, f.known_on)) as known_on,
        hash('release', a.model_id, a.api_available_on, a.released_known_on) as release_hash
    from core.availability as a
    inner join first_claims as f on f.model_id = a.model_id
    where a.api_available_on is not null
),

shutdowns as (
    select
        s.known_from, s.known_to, s.shutdown_on,
        hash('shutdown', s.model_id, s.shutdown_on) as shutdown_hash
    from core.shutdowns as s
),

as_known as (
    select c.known_on as on_day, c.claim_hash as h from claims as c
    union all
    select e.known_on as on_day, e.end_hash as h from ends as e
    union all
    select r.known_on as on_day, r.release_hash as h from releases as r
    union all
    select s.known_from as on_day, s.shutdown_hash as h from shutdowns as s
    union all
    select s.known_to as on_day, hash('no longer', s.shutdown_hash) as h from shutdowns as s
    where s.known_to is not null
),

as_valid as (
    select c.holds_from as on_day, c.claim_hash as h from claims as c
    union all
    select e.valid_to as on_day, e.end_hash as h from ends as e
    union all
    select r.holds_from as on_day, r.release_hash as h from releases as r
    union all
    select s.shutdown_on as on_day, s.shutdown_hash as h from shutdowns as s
    where s.known_to is null
),

-- Forecasts alone ask how old a model is: whether it was there yet, and for less than a month; and
-- of the vendor's own models, which came before which.
ages as (
    select
        f.holds_from, f.known_on, f.model_id, m.vendor_id, min(e.effective_on) as launched_on
    from core.event_models as v
    inner join core.events as e on e.event_id = v.event_id and e.event_kind = 'launch'
    inner join first_claims as f on f.model_id = v.model_id
    inner join core.models as m on m.model_id = f.model_id
    group by f.holds_from, f.known_on, f.model_id, m.vendor_id
),

vendors as ({vendors}),

young as (
    select d.day_id, sum(hash(a.model_id, a.launched_on > d.event_on)) as total
    from days as d
    inner join ages as a
        on a.launched_on > least(d.event_on, d.as_of) - 31
        and case d.known_by
            when date '9999-12-31' then a.holds_from <= d.as_of else a.known_on <= d.known_by
        end
    group by d.day_id
),

own_ages as (
    select d.day_id, sum(hash(a.model_id, a.launched_on)) as total
    from days as d
    inner join vendors as v on v.event_id = d.event_id
    inner join ages as a
        on a.vendor_id = v.vendor_id
        and case d.known_by
            when date '9999-12-31' then a.holds_from <= d.as_of else a.known_on <= d.known_by
        end
    group by d.day_id
),

costs as (
    select
        cast(r.known_at as date) as on_day,
        hash(
            r.result_id, r.model_id, r.benchmark_id, b.ability_id, r.score_share, r.run_cost_usd,
            r.test_cases
        ) as h
    from core.results as r
    inner join core.benchmarks as b on b.benchmark_id = r.benchmark_id
    where r.run_cost_usd > 0 and r.is_headline_metric and not r.is_repeat
    union all
    select cast(r.superseded_at as date) as on_day, hash('superseded', r.result_id) as h
    from core.results as r
    where r.run_cost_usd > 0 and r.superseded_at is not null
),

known_so_far as (
    select s.on_day, sum(sum(s.h)) over (order by s.on_day) as total
    from as_known as s
    group by s.on_day
),

valid_so_far as (
    select s.on_day, sum(sum(s.h)) over (order by s.on_day) as total
    from as_valid as s
    group by s.on_day
),

costs_so_far as (
    select s.on_day, sum(sum(s.h)) over (order by s.on_day) as total
    from costs as s
    group by s.on_day
),

affirmed as (
    select d.day_id, sum(hash(s.source, least(s.read_on, d.as_of))) as total
    from days as d
    inner join core.source_days as s on s.on_day = d.known_by
    group by d.day_id
),

entrants as (
    select v.event_id, sum(hash(v.model_id)) as total
    from core.event_models as v
    group by v.event_id
),

frame as (
    select
        (select sum(hash(s)) from core.segments as s) as segments,
        (select sum(hash(b)) from core.segment_baskets as b) as baskets,
        (select sum(hash(w)) from core.workloads as w) as workloads
)
"""

_ALL = """
select
    d.day_id, d.event_id, d.basis, d.as_of, d.known_by,
    cast(case d.known_by when date '9999-12-31' then v.total else k.total end as varchar) as market,
    concat_ws(' ', y.total, o.total) as ages,
    cast(a.total as varchar) as affirmed,
    cast(c.total as varchar) as costs,
    cast(e.total as varchar) as entrants,
    f.fit_id,
    concat_ws(' ', g.segments, g.baskets, g.workloads) as frame
from days as d
cross join frame as g
asof left join known_so_far as k on k.on_day <= d.known_by
asof left join valid_so_far as v on v.on_day <= d.as_of
asof left join costs_so_far as c on c.on_day <= d.known_by
asof left join analysis.fits as f on f.known_on <= d.known_by
left join affirmed as a on a.day_id = d.day_id
left join young as y on y.day_id = d.day_id
left join own_ages as o on o.day_id = d.day_id
left join entrants as e on e.event_id = d.event_id
order by d.day_id
"""


_OFFERS = """
select
    d.day_id, d.as_of, d.known_by, cast(k.total as varchar) as market,
    cast(a.total as varchar) as affirmed
from days as d
asof left join known_so_far as k on k.on_day <= d.known_by
left join affirmed as a on a.day_id = d.day_id
"""


READS = {
    "days": (_STEPS + _ALL).format(
        days="select s.day_id, s.event_id, s.basis, s.as_of, s.known_by, "
        "coalesce(e.effective_on, s.as_of) as event_on from core.segment_days as s "
        "left join core.events as e on e.event_id = s.event_id",
        vendors="select distinct v.event_id, m.vendor_id from core.event_models as v "
        "inner join core.models as m on m.model_id = v.model_id",
    ),
    "shifts": (_STEPS + _ALL).format(
        days="select s.event_id || ' ' || s.basis as day_id, s.event_id, s.basis, "
        "s.effective_on as as_of, s.known_by, s.effective_on as event_on from core.shift_days as s "
        "where s.why_not is null",
        vendors="select distinct s.event_id, s.vendor_id from core.shift_days as s",
    ),
}


#: What is on offer on any days, by what was known by others, in the order of their ids.
OFFERS_OF = (_STEPS + _OFFERS).format(
    days="select unnest($ids::varchar[]) as day_id, unnest($days::date[]) as as_of, "
    "unnest($known::date[]) as known_by",
    vendors="select null as event_id, null as vendor_id where false",
) + "order by d.day_id"


def compute(
    days: pd.DataFrame,
    shifts: pd.DataFrame,
    before: Mapping[str, pd.DataFrame] | None = None,
    may_defer: bool = False,
) -> dict[str, Any]:
    """Tables `day_states` (a row per day of `core.segment_days`) and `shift_states` (per repricing
    or withdrawal and basis).

    Where `may_defer`, and more than `AT_ONCE` events would be told anew with hindsight, their
    states are left as they were `before`, and it `is_deferred`.
    """

    def with_markets(rows: pd.DataFrame) -> pd.DataFrame:
        rows = with_offers(rows)
        return rows.assign(market_id=_hashed(rows[["offers_id", "ages"]]))

    days = with_markets(days)
    standing = days[["offers_id", "event_id", "costs", "entrants", "fit_id", "frame"]]
    found = {
        "day_states": days.assign(standing_id=_hashed(standing)),
        "shift_states": with_markets(shifts),
    }
    is_deferred = False
    if may_defer and before is not None:
        was = {name: _hindsight_before(rows, before[name]) for name, rows in found.items()}
        is_deferred = sum(len(states) for states in was.values()) > AT_ONCE
        if is_deferred:
            for name, states in was.items():
                found[name].loc[states.index, states.columns] = states
    return {**found, "is_deferred": is_deferred}


def _hindsight_before(rows: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Former states of what was told with hindsight from other states than it would be now; indexed
    as its rows are."""
    ids = [name for name in before if name in STATES]
    keys = [name for name in before if name not in STATES]
    told = before[before["basis"] == "hindsight"].set_index(keys)[ids]
    states = told.reindex(pd.MultiIndex.from_frame(rows[keys])).set_index(rows.index).dropna()
    return states[(states != rows.loc[states.index, ids]).any(axis=1)]


def with_offers(rows: pd.DataFrame) -> pd.DataFrame:
    """Beside `OFFERS_OF`: `offers_id`, the state of what is on offer."""
    market = rows[["day_id", "as_of", "known_by", "market", "affirmed"]]
    return rows.assign(offers_id=_hashed(market))


def _hashed(rows: pd.DataFrame) -> list[str]:
    told = ("|".join([_method(), *map(str, row)]) for row in rows.itertuples(index=False))
    return [hashlib.md5(words.encode()).hexdigest()[:16] for words in told]


@cache
def _method() -> str:
    return hashlib.md5(b"".join(path.read_bytes() for path in METHOD)).hexdigest()
