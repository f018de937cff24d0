"""By what the prices of a group of versions would be told apart from those made before.

A group is what moving names connect: a name, the versions it has meant, and the other names that
have meant them. A price follows, beside its own runs and its name, from what others say of the same
target (a jump is confirmed), from the periods of the target, from what other hosts charge for the
same version, and from what the edition says of it: all of the group. Beyond that it follows from
the sources' terms and ranks, which all groups share, and from the days on which sources were read,
of which each group is told what it can tell apart: the first a month after a run, on which a jump
nobody confirms falls into doubt; the first with an announced meter in force; and the last, as far
as the last change in the group, which it affirms or not.
"""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from pipelines.settings import SQL

#: What the tables follow from beside their rows.
METHOD = [
    Path(__file__),
    SQL / "core" / "price_states.sql",
    SQL / "core" / "price_claims.sql",
]
PRICES_METHOD = [
    SQL / "core" / "prices.sql",
    SQL / "core" / "offerings.sql",
    SQL / "macros" / "price_of.sql",
    SQL / "macros" / "price_claims_on.sql",
]
METERS_METHOD = [SQL / "core" / "price_meters.sql"]

READS = {
    "moves": "select distinct a.alias, a.model_id from core.aliases as a "
    "where a.alias <> a.model_id",
    "states": """
with groups as (
    select unnest($names::varchar[]) as target, unnest($groups::varchar[]) as group_id
),

targets as (
    select a.alias as target from core.aliases as a
    union
    select a.model_id as target from core.aliases as a
),

grouped as (
    select t.target, coalesce(g.group_id, t.target) as group_id
    from targets as t
    left join groups as g on g.target = t.target
),

asked as (
    select p.source, cast(p.first_seen_at as date) as seen_on, cast(null as date) as read_on
    from core.price_observations as p
    group by p.source, cast(p.first_seen_at as date)
    union all
    select r.source, r.read_on - 30 as seen_on, r.read_on
    from core.source_readings as r
),

followed as (
    select
        a.source, a.seen_on, a.read_on is null as is_run,
        min(a.read_on) over (
            partition by a.source order by a.seen_on
            range between current row and unbounded following
        ) as doubted_on
    from asked as a
),

last_readings as (
    select r.source, max(r.read_on) as read_on
    from core.source_readings as r
    group by r.source
),

said as (
    select
        n.target, p.source,
        sum(hash(
            p.source, p.spelling, p.stated_from, p.input_usd_per_mtok, p.output_usd_per_mtok,
            p.cache_read_usd_per_mtok, p.cache_write_usd_per_mtok, p.fetch_id, p.first_seen_at,
            p.previous_fetch_at, p.last_seen_at, p.ended_at, p.quarantine_reason is null,
            n.target, n.host_id, n.variant, n.known_since, d.doubted_on
        )) as told,
        max(case
            when p.quarantine_reason is null
                then greatest(p.stated_from, cast(p.first_seen_at as date))
        end) as changed_on
    from core.price_observations as p
    inner join core.names as n on n.source = p.source and n.spelling = p.spelling
    inner join followed as d
        on d.source = p.source and d.seen_on = cast(p.first_seen_at as date) and d.is_run
    where n.status = 'resolved'
    group by n.target, p.source
    union all
    select
        e.model_id as target, 'edition' as source, sum(hash('edition', e)) as told,
        max(greatest(e.valid_from_latest, e.published_on)) as changed_on
    from seeds.prices as e
    group by e.model_id
),

of_claims as (
    select s.target, s.told from said as s
    union all
    select
        a.alias as target,
        hash(
            'alias', a.alias, a.source, a.model_id, a.valid_from, a.valid_to, a.known_on,
            a.ended_known_on
        ) as told
    from core.aliases as a
    union all
    select
        m.model_id as target, hash('model', m.model_id, m.vendor_id, v.list_price_host_id) as told
    from core.models as m
    left join core.vendors as v on v.vendor_id = m.vendor_id
),

-- A source affirms what changed by its last reading; how much later it was tells nothing apart.
voices as (
    select
        g.group_id, s.source, max(s.changed_on) as changed_on,
        max(max(s.changed_on)) over (partition by g.group_id) as group_changed_on
    from said as s
    inner join grouped as g on g.target = s.target
    group by g.group_id, s.source
),

of_prices as (
    select
        v.model_id as target,
        hash(
            'sold', v.model_id, v.api_available_on, v.released_known_on, v.shutdown_on,
            s.shutdown_on
        ) as told
    from core.availability as v
    left join core.shutdowns as s on s.model_id = v.model_id and s.known_to is null
    union all
    select
        v.group_id as target,
        hash('affirmed', v.source, least(r.read_on, v.group_changed_on)) as told
    from voices as v
    inner join last_readings as r on r.source = v.source
    where v.group_changed_on is not null
),

announced as (
    select s.source, s.stated_from as on_day, cast(null as date) as read_on
    from staging.every_meters as s
    where s.stated_from > cast(s.first_seen_at as date)
    group by s.source, s.stated_from
    union all
    select r.source, r.read_on as on_day, r.read_on
    from core.source_readings as r
),

begun as (
    select
        a.source, a.on_day, a.read_on is null as is_announced,
        min(a.read_on) over (
            partition by a.source order by a.on_day
            range between current row and unbounded following
        ) as begun_on
    from announced as a
),

of_meters as (
    select
        n.target, sum(hash(s, n.target, n.host_id, n.variant, n.known_since, b.begun_on)) as told
    from staging.every_meters as s
    inner join core.names as n on n.source = s.source and n.spelling = s.spelling
    left join begun as b on b.source = s.source and b.on_day = s.stated_from and b.is_announced
    where n.status = 'resolved'
    group by n.target
),

told as (
    select c.target, c.told as claims, 0 as prices, 0 as meters from of_claims as c
    union all
    select p.target, 0 as claims, p.told as prices, 0 as meters from of_prices as p
    union all
    select m.target, 0 as claims, 0 as prices, m.told as meters from of_meters as m
),

summed as (
    select
        g.group_id, sum(t.claims) as claims, sum(t.prices) as prices, sum(t.meters) as meters
    from told as t
    inner join grouped as g on g.target = t.target
    group by g.group_id
),

shared as (
    select
        (
            select sum(hash(s.source, s.lineage, s.url, s.title, s.licence))
            from raw.sources as s
        ) as sources,
        (select sum(hash(l)) from core.lineages as l) as lineages
)

select
    g.target,
    md5(concat_ws('|', $claims_method, h.sources, s.group_id, s.claims)) as claims_state_id,
    md5(concat_ws(
        '|', $prices_method, h.sources, h.lineages, s.group_id, s.claims, s.prices
    )) as prices_state_id,
    md5(concat_ws('|', $meters_method, h.sources, s.group_id, s.claims, s.meters))
        as meters_state_id
from grouped as g
inner join summed as s on s.group_id = g.group_id
cross join shared as h
order by g.target
""",
}


def compute(moves: pd.DataFrame, states: Callable[..., pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Table `price_states`: a row per moving name and version."""
    groups = _groups(zip(moves["alias"].tolist(), moves["model_id"].tolist(), strict=True))
    found = states(
        names=list(groups), groups=list(groups.values()), claims_method=_hash(METHOD),
        prices_method=_hash(METHOD + PRICES_METHOD), meters_method=_hash(METHOD + METERS_METHOD),
    )  # fmt: skip
    return {"price_states": found}


def _groups(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By name or version, the least name of its group."""
    first: dict[str, str] = {}

    def least(name: str) -> str:
        while (above := first.setdefault(name, name)) != name:
            first[name] = first[above]
            name = above
        return name

    for one, other in pairs:
        lower, higher = sorted((least(one), least(other)))
        first[higher] = lower
    return {name: least(name) for name in sorted(first)}


def _hash(paths: list[Path]) -> str:
    return hashlib.md5(b"".join(path.read_bytes() for path in paths)).hexdigest()
