"""How standings in segments went over time, gone on with from where nothing has changed.

A spell is a time in which a model's standing in a segment stays the same. A month's spells, those
that end in it, follow from its days and from the spells that were open when it began, and those
from all days before. So months have a hash each over all days up to their end; the spells of those
that are known are kept, and with the `checkpoint`, spells open at the beginning of late months, the
others are gone on with. What a spell is, is decided by one query for all days at once.
"""

import hashlib
import io
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.settings import SQL

#: What spells follow from beside the days that are hashed.
METHOD = [Path(__file__), SQL / "marts" / "segment_standing.sql"]
#: Months at whose beginning the open spells are kept for the next run, the latest.
LATE = 3
#: What a spell is the same in.
SAME = ["price", "capability_rank", "members", "is_on_frontier", "premium"]

READS = {
    "days": "select d.on_day, d.until_day, d.state_id from analysis.member_days as d "
    "order by d.on_day",
    "spells": """
with placed as (
    select
        m.segment_id,
        m.model_id,
        m.on_day,
        m.until_day,
        m.price,
        m.capability,
        row_number() over (
            partition by m.segment_id, m.on_day order by m.capability desc, m.price, m.model_id
        ) as capability_rank,
        count(*) over (partition by m.segment_id, m.on_day) as members,
        m.price / min(m.price) over (
            partition by m.segment_id, m.on_day order by m.capability desc
            range between unbounded preceding and current row
        ) - 1 as premium,
        f.model_id is not null as is_on_frontier
    from marts.segment_members as m
    left join marts.frontier as f
        on f.segment_id = m.segment_id and f.on_day = m.on_day and f.model_id = m.model_id
    where m.on_day >= $since
),

marked as (
    select
        p.*,
        case
            when lag(p.until_day) over history = p.on_day
                and lag(p.price) over history = p.price
                and lag(p.capability_rank) over history = p.capability_rank
                and lag(p.members) over history = p.members
                and lag(p.is_on_frontier) over history = p.is_on_frontier
                and lag(p.premium) over history = p.premium
                then 0
            else 1
        end as is_change
    from placed as p
    window history as (partition by p.segment_id, p.model_id order by p.on_day)
),

numbered as (
    select
        m.*,
        sum(m.is_change) over (
            partition by m.segment_id, m.model_id order by m.on_day
            rows between unbounded preceding and current row
        ) as period
    from marked as m
)

select
    n.segment_id,
    n.model_id,
    min(n.on_day) as valid_from,
    max(n.until_day) as until_day,
    min(n.price) as price,
    min(n.capability) as capability,
    min(n.capability_rank) as capability_rank,
    min(n.members) as members,
    min(case when n.is_on_frontier then 1 else 0 end) = 1 as is_on_frontier,
    min(n.premium) as premium
from numbered as n
group by n.segment_id, n.model_id, n.period
""",
}


def compute(
    days: pd.DataFrame,
    spells: Callable[..., pd.DataFrame],
    kept: Collection[str] = frozenset(),
    checkpoint: bytes | None = None,
) -> dict[str, Any]:
    """Table `segment_standing`: the spells that end in a month whose `state_id` is not in `kept`;
    and `standing`: the `state_id` of all months."""
    months = months_of(days)
    if months.empty:
        found = spells(since=pd.Timestamp.min.date()).assign(state_id="", valid_to=pd.NaT)
        return {"segment_standing": found, "standing": months[["state_id"]], "checkpoint": b""}
    # A month's hash is over all days before too, so that the last one known speaks for those.
    known = months["state_id"].isin(kept).to_numpy().nonzero()[0]
    first = int(known[-1]) + 1 if len(known) else 0
    carried = _unpack(checkpoint)
    before = months["state_id"].iloc[first - 1] if first else None
    if first < len(months) and before not in set(carried["state_id"]):
        first = 0
    if first == len(months):
        nothing = spells(since=days["on_day"].max() + pd.Timedelta(days=1))
        found = nothing.assign(state_id="", valid_to=pd.NaT)
        return {"segment_standing": found, "standing": months[["state_id"]],
                "checkpoint": checkpoint or b""}  # fmt: skip
    since = months["begins_on"].iloc[first]
    found = spells(since=since.date())
    if first:
        found = joined(
            carried[carried["state_id"] == before].drop(columns="state_id"), found, since
        )
    # A spell belongs to the month in which it ends, one that lasts to the last.
    ended = months["begins_on"].searchsorted(found["until_day"], side="right") - 1
    found["state_id"] = months["state_id"].to_numpy()[ended]
    late = pd.concat(
        [carried[carried["state_id"].isin(months["state_id"].iloc[:first])]]
        + [
            open_at(found, begins_on).assign(state_id=state)
            for begins_on, state in zip(
                months["begins_on"].iloc[max(first + 1, len(months) - LATE) :],
                months["state_id"].iloc[max(first, len(months) - LATE - 1) : -1],
                strict=True,
            )
        ]
    )
    latest = months["state_id"].iloc[-LATE - 1 :]
    fresh = found[~found["state_id"].isin(kept)]
    lasts = fresh["until_day"] >= pd.Timestamp("9999-12-31")
    return {
        "segment_standing": fresh.assign(valid_to=fresh["until_day"].where(~lasts)),
        "standing": months[["state_id"]],
        "checkpoint": _pack(late[late["state_id"].isin(latest)]),
    }


def months_of(days: pd.DataFrame) -> pd.DataFrame:
    """By month `begins_on`, its first day, and `state_id`, a hash of all days up to its end."""
    so_far = hashlib.md5(b"".join(path.read_bytes() for path in METHOD))
    rows = []
    on_days = pd.to_datetime(days["on_day"])
    for _, month in days.assign(on_day=on_days).groupby([on_days.dt.year, on_days.dt.month]):
        so_far.update("|".join(month["state_id"]).encode())
        rows.append((month["on_day"].iloc[0], so_far.hexdigest()[:16]))
    return pd.DataFrame(rows, columns=["begins_on", "state_id"])


def open_at(spells: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Spells that were open on the last day before a day, as they were known then."""
    there = (spells["valid_from"] < day) & (spells["until_day"] >= day)
    return spells[there].drop(columns="state_id").assign(until_day=day)


def joined(carried: pd.DataFrame, spells: pd.DataFrame, since: pd.Timestamp) -> pd.DataFrame:
    """Spells from a day on, and those open until then: one where nothing changes on the day."""
    keys = ["segment_id", "model_id"]
    begins = spells[spells["valid_from"] == since].reset_index()
    both = begins.merge(carried, on=[*keys, *SAME], suffixes=("", "_before"))
    goes_on = spells.copy()
    goes_on.loc[both["index"], "valid_from"] = both["valid_from_before"].to_numpy()
    same = pd.MultiIndex.from_frame(both[keys])
    ends = carried[~pd.MultiIndex.from_frame(carried[keys]).isin(same)]
    return pd.concat([goes_on, ends[spells.columns]], ignore_index=True)


def _pack(frame: pd.DataFrame) -> bytes:
    # In one order, so that a warehouse made again is the one it was.
    order = [name for name in ("state_id", "segment_id", "model_id", "valid_from") if name in frame]
    buffer = io.BytesIO()
    frame.sort_values(order, ignore_index=True).to_parquet(buffer)
    return buffer.getvalue()


def _unpack(checkpoint: bytes | None) -> pd.DataFrame:
    """Open spells by `state_id` of the months before; none without a checkpoint."""
    return pd.read_parquet(io.BytesIO(checkpoint)) if checkpoint else pd.DataFrame({"state_id": []})
