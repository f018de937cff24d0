"""Reads tables of models: each figure by the model and the measure of its row and column."""

import re
from dataclasses import dataclass
from decimal import Decimal

from pipelines.reading import cues
from pipelines.reading.claim import Claim, Unchecked
from pipelines.reading.discourse import Discourse
from pipelines.reading.figures import figures
from pipelines.reading.lexicon import Name

#: Ratings lie between these.
RATINGS = (300, 5_000)


@dataclass(frozen=True)
class _Label:
    """What a heading, a column head or a row's own words name."""

    words: str
    names: tuple[Name, ...] = ()

    @property
    def models(self) -> list[Name]:
        return [n for n in self.names if n.kind == "model"]

    @property
    def benchmarks(self) -> list[Name]:
        return [n for n in self.names if n.ids_as("benchmark")]

    def __add__(self, other: "_Label") -> "_Label":
        return _Label(f"{self.words} {other.words}".strip(), (*self.names, *other.names))


def read_table(
    d: Discourse, first: int, last: int, rated: set[str]
) -> tuple[list[Claim], list[Unchecked], int, int]:
    """Claims and unread cells of the table in blocks `first` to `last`, its rows and those read."""
    blocks = d.document.blocks
    rows: dict[int, dict[int, int]] = {}
    for index in range(first, last):
        rows.setdefault(blocks[index].row, {})[blocks[index].column] = index
    heads: dict[int, _Label] = {}
    claims: list[Claim] = []
    unchecked: list[Unchecked] = []
    above = _Label(d.heading, tuple(d.heading_names))
    if d.said and d.said[-1].block >= first - 3:
        above += _Label(d.said[-1].words, tuple(d.said[-1].names))
    count = count_read = 0
    for number in sorted(rows):
        row = rows[number]
        if all(blocks[i].is_header for i in row.values()):
            for column, index in row.items():
                heads[column] = heads.get(column, _Label("")) + _label(d, index)
            continue
        count += 1
        found, left = _read_row(d, row, heads, above, rated)
        for claim in found:
            d.remember_score(claim)
        claims += found
        count_read += bool(found)
        if left:
            index = min(row.values())
            words = f"{blocks[index].text[:160]}: {', '.join(left)[:160]}"
            unchecked.append(
                Unchecked(
                    index,
                    0,
                    len(blocks[index].text),
                    words,
                    "no rule reads these cells",
                    bool(found),
                )
            )
    return claims, unchecked, count, count_read


def _label(d: Discourse, index: int) -> _Label:
    return _Label(d.document.blocks[index].text, tuple(d.names[index]))


def _read_row(
    d: Discourse, row: dict[int, int], heads: dict[int, _Label], above: _Label, rated: set[str]
) -> tuple[list[Claim], list[str]]:
    own = _Label("")
    for index in row.values():
        label = _label(d, index)
        if not cues.CELL.fullmatch(label.words):
            own += label
    claims: list[Claim] = []
    left: list[str] = []
    for column, index in row.items():
        words = d.document.blocks[index].text
        if not cues.CELL.fullmatch(words):
            continue
        head = heads.get(column, _Label(""))
        models = own.models if len(own.models) == 1 else head.models or own.models[:1]
        benchmarks = head.benchmarks or own.benchmarks
        about = f"{head.words} {own.words}"
        found = _read_cell(d, index, models, benchmarks, about, above, rated)
        claims += found
        if not found and (models or benchmarks) and re.search(r"\d", words):
            left.append(f"{head.words} {words}".strip())
    return claims, left


def _read_cell(
    d: Discourse, index: int, models: list[Name], benchmarks: list[Name], about: str,
    above: _Label, rated: set[str],
) -> list[Claim]:  # fmt: skip
    words = d.document.blocks[index].text
    numbers = [f for f in figures(words) if f.kind in {"usd", "percent", "number", "tokens"}]
    if not numbers or not models or not models[0].ids:
        return []
    model = models[0]

    def claim(kind: str, start: int, end: int, **fields: object) -> Claim:
        return Claim(
            kind, words, " ".join(f"{model.words}: {words} ({about.strip()})".split()), d.as_of,
            index, start, end, subject_ids=model.ids, subject_reading=model.reading,
            subject_words=model.words, **fields,  # type: ignore[arg-type]
        )  # fmt: skip

    first = numbers[0]
    side = side_of_label(about)
    speaks_of_price = "$" in words + about or re.search(
        r"\b(?:price|cost|pricing|usd)\b", f"{about} {above.words}", re.IGNORECASE
    )
    if first.kind == "usd" or (speaks_of_price and first.kind == "number"
                               and (side or not benchmarks)):  # fmt: skip
        per_token = side or len(numbers) == 2 or cues.PER_MILLION.search(
            f"{about} {above.words} {words}"
        )  # fmt: skip
        if cues.NOT_PER_TOKEN.search(about) or not per_token:
            return []
        scale = Decimal(1000 if cues.PER_THOUSAND.search(about) else 1)
        sides = ["input", "output"] if len(numbers) == 2 else [side]
        found = []
        for figure, each in zip(numbers, sides, strict=False):
            slack = Decimal(5).scaleb(-max(figure.decimals, 2) - 1)
            value = figure.value * scale
            found.append(
                claim(
                    "price",
                    figure.start,
                    figure.end,
                    value=value,
                    low=value - slack * scale,
                    high=value + slack * scale,
                    side=each,
                    unit="usd_per_mtok",
                    decimals=figure.decimals,
                )
            )
        return found
    if re.search(r"\bcontext\b", about, re.IGNORECASE) and not benchmarks:
        tokens = _tokens(words)
        return (
            [claim("context_window", 0, len(words), value=tokens, unit="tokens")] if tokens else []
        )
    named = {b.ids for b in above.benchmarks}
    if not benchmarks and len(named) == 1 and cues.RESULT_COLUMN.search(f"{about} {words}"):
        benchmarks = above.benchmarks
    if not benchmarks:
        return []
    ids = benchmarks[0].ids_as("benchmark")
    is_rated = any(i in rated for i in ids)
    low, high = RATINGS if is_rated else (0, 100)
    if not low <= first.value <= high:
        return []
    metrics = (name for name, pattern in cues.METRICS if pattern.search(f"{about} {words}"))
    return [
        claim(
            "score",
            first.start,
            first.end,
            benchmark_ids=ids,
            value=first.value,
            low=first.low,
            high=first.high,
            unit="elo" if is_rated else "percent",
            decimals=first.decimals,
            metric=next(metrics, ""),
        )
    ]


def side_of_label(words: str) -> str:
    """Which side of a price a column or row is about; neither if it is about both."""
    sides = {side for side, pattern in cues.SIDES if pattern.search(words)}
    if "cache_read" in sides:
        return "cache_read"
    return next(iter(sides)) if len(sides) == 1 else ""


def _tokens(words: str) -> Decimal | None:
    match = re.fullmatch(r"\s?([\d,.]{1,15})\s?([kKmM]?)(?:\s?tokens)?\s?", words)
    if match is None or not re.search(r"\d", match.group(1)):
        return None
    value = Decimal(match.group(1).replace(",", "").strip("."))
    return value * {"k": 1000, "m": 1_000_000}.get(match.group(2).lower(), 1)
