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
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

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
    "pointed": "select distinct a.alias, a.model_id from core.aliases as a",
    "said": """
with asked as (
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
        cast(sum(hash(
            p.spelling, p.stated_from, p.input_usd_per_mtok, p.output_usd_per_mtok,
            p.cache_read_usd_per_mtok, p.cache_write_usd_per_mtok, p.fetch_id, p.first_seen_at,
            p.previous_fetch_at, p.last_seen_at, p.ended_at, p.quarantine_reason is null,
            n.host_id, n.variant, n.known_since, d.doubted_on
        )) as varchar) as told,
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
)

select
    s.target, s.source, s.told,
    cast(s.changed_on as varchar) as changed_on, cast(l.read_on as varchar) as read_on
from said as s
left join last_readings as l on l.source = s.source
union all
select
    e.model_id as target, 'edition' as source, cast(sum(hash(e)) as varchar) as told,
    cast(max(greatest(e.valid_from_latest, e.published_on)) as varchar) as changed_on,
    null as read_on
from seeds.prices as e
group by e.model_id
""",
    "pointings": """
select
    a.alias as target,
    cast(sum(hash(
        a.alias, a.source, a.model_id, a.valid_from, a.valid_to, a.known_on, a.ended_known_on
    )) as varchar) as told
from core.aliases as a
group by a.alias
""",
    "models": """
select
    m.model_id as target, cast(hash(m.vendor_id, v.list_price_host_id) as varchar) as told
from core.models as m
left join core.vendors as v on v.vendor_id = m.vendor_id
""",
    "sold": """
select
    v.model_id as target,
    cast(hash(v.api_available_on, v.released_known_on, v.shutdown_on, s.shutdown_on) as varchar)
        as told
from core.availability as v
left join core.shutdowns as s on s.model_id = v.model_id and s.known_to is null
""",
    "meters": """
with asked as (
    select s.source, s.stated_from as on_day, cast(null as date) as read_on
    from staging.every_meters as s
    where s.stated_from > cast(s.first_seen_at as date)
    group by s.source, s.stated_from
    union all
    select r.source, r.read_on as on_day, r.read_on
    from core.source_readings as r
),

followed as (
    select
        a.source, a.on_day, a.read_on is null as is_announced,
        min(a.read_on) over (
            partition by a.source order by a.on_day
            range between current row and unbounded following
        ) as begun_on
    from asked as a
)

select
    n.target,
    cast(sum(hash(s, n.host_id, n.variant, n.known_since, b.begun_on)) as varchar) as told
from staging.every_meters as s
inner join core.names as n on n.source = s.source and n.spelling = s.spelling
left join followed as b
    on b.source = s.source and b.on_day = s.stated_from and b.is_announced
where n.status = 'resolved'
group by n.target
""",
    "shared": """
select
    (
        select cast(sum(hash(s.source, s.lineage, s.url, s.title, s.licence)) as varchar)
        from raw.sources as s
    ) as sources,
    (select cast(sum(hash(l)) as varchar) from core.lineages as l) as lineages
""",
}


def compute(
    pointed: pd.DataFrame,
    said: pd.DataFrame,
    pointings: pd.DataFrame,
    models: pd.DataFrame,
    sold: pd.DataFrame,
    meters: pd.DataFrame,
    shared: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Table `price_states`: a row per moving name and version."""
    group = _groups(pointed)
    sources, lineages = shared.iloc[0]
    claims = _told(group, said=said, pointings=pointings, models=models)
    prices = _told(group, sold=sold, readings=_affirmed(group, said))
    others = _told(group, meters=meters)
    of_claims = _hashes(claims, _method(METHOD), sources)
    of_prices = _hashes(of_claims, _method(PRICES_METHOD), lineages, beside=prices)
    of_meters = _hashes(of_claims, _method(METERS_METHOD), beside=others)
    states = pd.DataFrame(
        {
            "target": list(group),
            "claims_state_id": [of_claims[name] for name in group.values()],
            "prices_state_id": [of_prices[name] for name in group.values()],
            "meters_state_id": [of_meters[name] for name in group.values()],
        },
        dtype="str",
    )
    return {"price_states": states}


def _groups(pointed: pd.DataFrame) -> dict[str, str]:
    """By name or version, the least name of its group."""
    first: dict[str, str] = {}

    def least(name: str) -> str:
        while (above := first.setdefault(name, name)) != name:
            first[name] = first[above]
            name = above
        return name

    for one, other in zip(pointed["alias"].tolist(), pointed["model_id"].tolist(), strict=True):
        lower, higher = sorted((least(one), least(other)))
        first[higher] = lower
    return {name: least(name) for name in sorted(first)}


def _told(group: Mapping[str, str], **parts: pd.DataFrame) -> dict[str, str]:
    """By group, all that the parts tell of its targets."""
    found: dict[str, list[str]] = {}
    for part, rows in parts.items():
        for target, told in zip(rows["target"].tolist(), rows["told"].tolist(), strict=True):
            if target in group:
                found.setdefault(group[target], []).append(f"{part} {target} {told}")
    return {name: "\n".join(sorted(told)) for name, told in found.items()}


def _affirmed(group: Mapping[str, str], said: pd.DataFrame) -> pd.DataFrame:
    """When each source was last read, as far as the last change in the group: it affirms what
    changed before, and how much later it was read tells nothing apart."""
    of_group = said["target"].map(group)
    last_change = said.groupby(of_group)["changed_on"].max()
    read = said.assign(until=of_group.map(last_change)).dropna(subset=["read_on", "until"])
    until = read["read_on"].where(read["read_on"] < read["until"], read["until"])
    return read.assign(told=read["source"] + " " + until)


def _method(paths: list[Path]) -> str:
    return hashlib.md5(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _hashes(
    told: Mapping[str, str], *shared: str, beside: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """By group, a hash of what is told of it, of what is told beside that and of what is shared."""
    words = "\n".join(shared)
    return {
        name: hashlib.md5(f"{words}\n{text}\n{beside.get(name, '')}".encode()).hexdigest()
        for name, text in told.items()
    }
