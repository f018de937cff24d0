"""The facts claims are held against, read from the warehouse and indexed; judges nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

ALWAYS, NEVER = date(1, 1, 1), date(9999, 12, 31)
#: A first price dated so much later than the text still speaks for the text's day, if it agrees.
SOON = timedelta(days=120)


def queries(days: str, known_by: str, models: str = "", benchmarks: str = "") -> dict[str, str]:
    """Queries of all facts known by a day.

    `days` is a relation with a column `day`, `known_by` a date in SQL. `models` and `benchmarks`,
    lists or queries in SQL, are those that claims speak of: asked for are results on these
    benchmarks and of these models, and claims of price, last prices and capabilities of these
    models (both empty: everything). Rows come in an order of their own: where two speak for a
    claim alike, the first is told, whatever order the tables hold them in.
    """
    of_models = f"and c.model_id in ({models})" if models else ""
    of_priced = f"and p.model_id in ({models})" if models else ""
    of_either = (
        f"and (r.benchmark_id in ({benchmarks}) or r.model_id in ({models}))" if benchmarks else ""
    )
    return {
        "results": (
            "select r.result_id, r.measurement_id, r.is_repeat, r.model_id, r.benchmark_id, "
            "r.metric, "
            "r.is_headline_metric, r.configuration, r.system, r.score, r.unit, r.evidence, "
            "r.source_url, r.publisher, r.published_on, r.stated_on, "
            f"case when cast(r.superseded_at as date) <= {known_by} "
            "then cast(r.superseded_at as date) end as superseded_on, r.licence, "
            "r.benchmark_release "
            "from core.results as r where r.has_the_benchmarks_unit "
            f"and r.published_on <= {known_by} {of_either} order by r.published_on, r.result_id"
        ),
        "prices": (
            "select text_days.day, p.model_id, p.input_usd_per_mtok, p.output_usd_per_mtok, "
            "p.cache_read_usd_per_mtok, p.is_disputed, p.claim_id, p.publisher, p.source_url, "
            "p.published_on, p.licence "
            f"from {days} as text_days cross join prices_on(text_days.day, {known_by}) as p "
            "where p.is_list_price order by text_days.day, p.model_id, p.claim_id"
        ),
        "price_claims": (
            "select c.claim_id, c.model_id, c.host_id, c.variant, o.is_list_price, "
            "c.input_usd_per_mtok, c.output_usd_per_mtok, c.cache_read_usd_per_mtok, c.holds_from, "
            "c.valid_from_earliest, "
            f"case when cast(c.ended_known_at as date) <= {known_by} then c.valid_to_earliest end "
            f"as "
            "valid_to, c.publisher, c.source_url, c.published_on, c.licence, "
            "cast(c.known_at as date) as known_on "
            "from core.price_claims as c inner join core.offerings as o on o.offering_id = "
            "c.offering_id "
            f"where cast(c.known_at as date) <= {known_by} {of_models} "
            "order by c.holds_from, c.known_at, c.claim_id"
        ),
        "releases": (
            "select r.event_id, r.model_id, r.announced_on, r.api_available_on, "
            "r.generally_available_on, r.availability_scope, r.is_limited_at_first, r.released_on, "
            "r.evidence, r.source_url, r.publisher, r.published_on, r.licence "
            f"from core.releases as r where r.published_on <= {known_by} "
            "order by r.model_id"
        ),
        "last_prices": (
            "select h.model_id, h.input_usd_per_mtok, h.output_usd_per_mtok, "
            "h.cache_read_usd_per_mtok from (select p.*, row_number() over ("
            "partition by p.model_id order by p.valid_from desc, p.offering_id) as place "
            f"from core.prices as p where p.is_list_price {of_priced}) as h where h.place = 1"
        ),
        "retirements": (
            "select t.model_id, t.deprecated_on, t.shutdown_on, t.source_url, t.publisher, "
            f"t.published_on, t.licence from core.retirements as t where t.published_on <= "
            f"{known_by} order by t.model_id"
        ),
        "models": (
            "select m.model_id, m.vendor_id, m.name, m.is_reasoning, m.is_open_weights, "
            "m.context_tokens, m.is_released, v.name as vendor "
            "from core.models as m left join core.vendors as v on v.vendor_id = m.vendor_id"
        ),
        "benchmarks": (
            "select b.benchmark_id, b.name, b.ability_id, b.unit from core.benchmarks as b"
        ),
        "capabilities": (
            "select c.basket_id, c.model_id, c.capability, c.capability_sd, c.results, c.known_on "
            "from analysis.capabilities as c where c.basket_kind in ('overall', 'ability') "
            "and c.known_on = (select max(f.known_on) from analysis.capabilities as f "
            f"where f.known_on <= {known_by}) {of_models} order by c.basket_id, c.model_id"
        ),
        "impacts": (
            "select i.event_id, i.basis, i.as_of, i.segment_id, i.model_id, i.is_entrant, "
            "i.verdict, "
            "i.verdict_probability, i.deciding_fact, i.entrant_id, i.probability_entrant_above, "
            "i.probability_volume_falls, i.demand_fact from marts.launch_impact as i"
        ),
        "companies": (
            "select i.event_id, i.company_id, i.verdict, i.deciding_fact, c.name, c.segment_id, "
            "c.role, c.evidence_grade, c.source_url, c.publisher, c.published_on, c.licence "
            "from marts.company_impact as i "
            "inner join core.companies as c on c.company_id = i.company_id "
            "where i.verdict <> 'not_judged' order by i.event_id, i.company_id"
        ),
        "segments": "select s.segment_id, s.name, s.kind from core.segments as s",
    }  # fmt: skip


def _group(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


@dataclass
class Facts:
    """Facts by what they are about. Dates are dates, figures decimals, nulls None."""

    results: dict[str, list[Row]]
    prices: dict[date, dict[str, Row]]
    price_claims: dict[str, list[Row]]
    releases: dict[str, Row]
    retirements: dict[str, Row]
    #: The last resolved list price of each version, with all that is known.
    last_prices: dict[str, Row]
    models: dict[str, Row]
    benchmarks: dict[str, Row]
    capabilities: dict[str, dict[str, Row]]
    impacts: dict[str, list[Row]]
    companies: dict[str, list[Row]]
    segments: dict[str, Row]
    today: date
    is_hindsight: bool = True
    #: Models the text names anywhere: a figure is sooner theirs than a stranger's.
    named: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(
        cls, rows: Mapping[str, Sequence[Row]], today: date, is_hindsight: bool = True,
        named: Iterable[str] = (),
    ) -> "Facts":  # fmt: skip
        """Index rows as `queries` give them."""
        prices: dict[date, dict[str, Row]] = {}
        for row in rows["prices"]:
            prices.setdefault(row["day"], {})[row["model_id"]] = row
        capabilities: dict[str, dict[str, Row]] = {}
        for row in rows["capabilities"]:
            capabilities.setdefault(row["basket_id"], {})[row["model_id"]] = row
        return cls(
            results=_group(rows["results"], lambda r: r["benchmark_id"]),
            prices=prices,
            price_claims=_group(rows["price_claims"], lambda r: r["model_id"]),
            releases={r["model_id"]: r for r in rows["releases"]},
            retirements={r["model_id"]: r for r in rows["retirements"]},
            last_prices={r["model_id"]: r for r in rows["last_prices"]},
            models={r["model_id"]: r for r in rows["models"]},
            benchmarks={r["benchmark_id"]: r for r in rows["benchmarks"]},
            capabilities=capabilities,
            impacts=_group(
                sorted(rows["impacts"], key=lambda r: (r["basis"], r["segment_id"], r["model_id"])),
                lambda r: r["event_id"],
            ),
            companies=_group(rows["companies"], lambda r: r["event_id"]),
            segments={r["segment_id"]: r for r in rows["segments"]},
            today=today, is_hindsight=is_hindsight, named=frozenset(named),
        )  # fmt: skip

    def name(self, model_id: str) -> str:
        """Display name of a version."""
        return str(self.models[model_id]["name"]) if model_id in self.models else model_id

    def vendor(self, model_id: str) -> str:
        """Vendor of a version."""
        return str(self.models[model_id]["vendor_id"]) if model_id in self.models else ""

    def price(self, model_id: str, day: date) -> tuple[Row | None, str]:
        """The list price of a day, else one it may have been, with a word on why it is not sure."""
        return next(iter(self.possible_prices(model_id, day)), (None, ""))

    def possible_prices(self, model_id: str, day: date) -> list[tuple[Row, str]]:
        """The list price of a day; where none is known, those the day may have had.

        A change seen between two readings leaves either price possible in between; a first price
        dated soon after the model came out may have held from then on.
        """
        row = self.prices.get(day, {}).get(model_id)
        if row:
            return [(row, "")]
        found = []
        first = min(self.list_claims(model_id), key=lambda c: c["holds_from"], default=None)
        for listed in self.list_claims(model_id):
            early, since = listed["valid_from_earliest"], listed["holds_from"]
            if early and early <= day < since:
                is_first = listed is first
                found.append((listed, f"first dated {since}" if is_first
                              else f"it changed between {early} and {since}"))  # fmt: skip
        if not found and first and self._first_may_hold(model_id, first, day):
            found.append((first, f"first dated {first['holds_from']}"))
        return found

    def _first_may_hold(self, model_id: str, first: Row, day: date) -> bool:
        """Whether a first price, dated later, may be that of an earlier day."""
        release = self.releases.get(model_id) or {}
        began = release.get("api_available_on") or release.get("announced_on")
        return first["holds_from"] - SOON <= day < first["holds_from"] and (began or day) <= day

    def since(self, listed: Row) -> date:
        """The day from which a list price may have held."""
        claims = self.list_claims(listed["model_id"])
        is_first = all(listed["holds_from"] <= c["holds_from"] for c in claims)
        release = self.releases.get(listed["model_id"]) or {}
        held: date = listed["holds_from"]
        began: date = release.get("api_available_on") or release.get("announced_on") or held
        return min(began, held) if is_first and held - SOON <= began else held

    def list_claims(self, model_id: str) -> list[Row]:
        """What sources said of the list price, over time."""
        return [c for c in self.price_claims.get(model_id, []) if c["is_list_price"]]

    def last_price(self, model_id: str) -> Row | None:
        """The list price of the newest day, or the last there was; the latter is hindsight.

        As resolved over all sources: a single source may keep a stale price to the end.
        """
        now = self.prices.get(self.today, {}).get(model_id)
        return now or (self.last_prices.get(model_id) if self.is_hindsight else None)


def records(frame: Any) -> list[Row]:
    """Rows of a frame with plain Python values: nulls None, timestamps of days dates."""
    names = [str(name) for name in frame.columns]
    columns = [_plain(name, frame[name]) for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain(name: str, column: Any) -> list[Any]:
    """A column's values; money and scores as the decimals they are written as."""
    kind = column.dtype.kind
    if kind == "M":
        return list(column.to_numpy("datetime64[D]").tolist())
    if column.dtype == "str":
        return list(column.to_numpy(object, na_value=None))
    values = column.tolist()
    if kind in "bi":
        return list(values)
    is_exact = name.endswith(("_usd_per_mtok", "score"))
    if kind == "f":
        write = (lambda value: Decimal(str(value))) if is_exact else float
        return [None if value != value else write(value) for value in values]
    found: list[Any] = []
    for value in values:
        if value is None or (not isinstance(value, (str, list)) and value != value):
            found.append(None)
        elif isinstance(value, str):
            found.append(value)
        elif hasattr(value, "to_pydatetime"):
            found.append(value.to_pydatetime().date())
        elif isinstance(value, float) and is_exact:
            found.append(Decimal(str(value)))
        else:
            found.append(value.item() if hasattr(value, "item") else value)
    return found
