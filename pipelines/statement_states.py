"""By what the results that came with a fetch would be stated apart from those stated before.

A statement follows from its own row, which changes once, when it ends; from the name it stands
under, and what that has meant by period; and from the edition's lists, which all share.
"""

import hashlib
from pathlib import Path

import pandas as pd

from pipelines.settings import SQL

#: What statements follow from beside what is said.
METHOD = [
    Path(__file__),
    SQL / "core" / "statement_states.sql",
    SQL / "core" / "result_statements.sql",
]

READS = {
    "stated": """
with pointed as (
    select
        a.alias,
        sum(hash(a.model_id, m.model_id is null, a.valid_from, a.valid_to)) as told
    from core.aliases as a
    left join core.models as m on m.model_id = a.model_id
    group by a.alias
),

named as (
    select n.source, n.spelling, hash(n.target, n.configuration, n.known_since, p.told) as told
    from core.names as n
    left join pointed as p on p.alias = n.target
    where n.status = 'resolved'
)

select
    r.source, r.fetch_id as fetch_or_edition,
    md5(concat_ws('|', count(*), sum(hash(r, n.told)))) as told
from staging.every_results as r
inner join named as n on n.source = r.source and n.spelling = r.spelling
where r.quarantine_reason is null
group by r.source, r.fetch_id
union all
select
    'edition' as source, 'edition' as fetch_or_edition,
    md5(concat_ws('|', count(*), sum(hash(r, m.model_id is null)))) as told
from seeds.results as r
left join core.models as m on m.model_id = r.model_id
""",
    "shared": """
select
    md5(concat_ws(
        '|',
        (select sum(hash(s.source, s.url, s.licence)) from raw.sources as s),
        (select sum(hash(p)) from seeds.benchmark_spellings as p),
        (select sum(hash(b)) from core.benchmarks as b),
        (select sum(hash(k)) from seeds.metrics as k)
    )) as told
""",
}


def compute(stated: pd.DataFrame, shared: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table `statement_states`: a row per fetch with results, and one of the edition."""
    words = hashlib.md5(b"".join(path.read_bytes() for path in METHOD))
    words.update(shared["told"].iloc[0].encode())
    method = words.hexdigest()[:16]
    states = stated.assign(
        statements_state_id=[
            hashlib.md5("\n".join((method, *row)).encode()).hexdigest()
            for row in stated.itertuples(index=False)
        ]
    )
    return {"statement_states": states.drop(columns="told")}
