"""Tables are left as they are only where making them again would give the same."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from feeds import FEEDS, Market, rows

from pipelines import notes, tables, versions
from pipelines.tables import Catalogue, Check, CheckFailed, Connection, Report, Table, catalogue

STAGED = "staging.litellm__prices"
PRICES = {f"zeta-{n}": (f"{n}", f"{4 * n}") for n in range(1, 7)}


@pytest.fixture
def table(market: Market) -> Table:
    """A staged table made from one payload, and noted."""
    market.fetched("litellm", "2026-01-01", FEEDS["litellm"].payload(PRICES))
    market.load()
    return made(market, catalogue().tables[STAGED])


def made(market: Market, table: Table) -> Table:
    origin = versions.origin([table], market.connection)
    for name in versions._macros(table.reads, catalogue()):
        tables.create_macro(catalogue().macros[name], market.connection)
    report = tables.build(table, market.connection)
    versions.note([table], [report], origin, market.connection)
    return table


def is_kept(market: Market, table: Table) -> bool:
    origin = versions.origin([table], market.connection)
    return versions.unchanged([table], origin, market.connection) is not None


def test_a_table_is_kept_with_what_was_reported_of_it(market: Market, table: Table) -> None:
    origin = versions.origin([table], market.connection)
    [report] = versions.unchanged([table], origin, market.connection) or []
    assert (report.table, report.rows, report.seconds) == (STAGED, 6, 0.0)


def test_new_rows_of_an_input_make_it_anew(market: Market, table: Table) -> None:
    more = FEEDS["litellm"].payload(PRICES | {"zeta-9": ("9", "9")})
    market.fetched("litellm", "2026-01-02", more)
    market.load()
    assert not is_kept(market, table)


def test_a_fetch_that_changed_nothing_leaves_it(market: Market, table: Table) -> None:
    fetch = market.fetched("litellm", "2026-01-02", FEEDS["litellm"].payload(PRICES))
    market.unchanged("litellm", "2026-01-03", fetch)
    market.load()
    assert is_kept(market, table)


def test_an_input_made_anew_without_a_difference_leaves_it(market: Market) -> None:
    behind = made(market, catalogue().tables["core.vendors"])
    reads = [n for n in catalogue().tables_read(behind.full_name) if n.startswith("seeds.")]
    assert reads
    for name in reads:
        tables.build(catalogue().tables[name], market.connection)
    assert is_kept(market, behind)


def test_another_input_of_equal_size_makes_it_anew(market: Market, table: Table) -> None:
    before = versions.content("raw.litellm__prices", market.connection)
    changed = FEEDS["litellm"].payload(PRICES | {"zeta-1": ("2", "4")})
    market.fetched("litellm", "2026-01-01T01:00", changed)
    market.load()
    assert versions.content("raw.litellm__prices", market.connection) != before
    assert not is_kept(market, table)


def test_another_definition_makes_it_anew(market: Market, table: Table) -> None:
    claim = Check("new_claim", f"select * from {STAGED} where spelling is null", True, "")
    assert is_kept(market, replace(table, select=table.select))
    assert not is_kept(market, replace(table, select=table.select + " where true"))
    assert not is_kept(market, replace(table, checks=(*table.checks, claim)))


def test_another_macro_makes_it_anew(
    market: Market, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = catalogue()
    [name] = [m for m in versions._macros(table.reads, known) if m == "price_fault"]
    macro = known.macros[name]
    other = replace(macro, statement=macro.statement.replace("'zero'", "'nought'") + " ")
    changed = Catalogue(known.tables, {**known.macros, name: other}, known.order)
    monkeypatch.setattr(versions, "catalogue", lambda: changed)
    assert not is_kept(market, table)


def test_another_csv_makes_it_anew(market: Market, tmp_path: Path) -> None:
    original = catalogue().tables["seeds.metrics"]
    copies = [tmp_path / original.path.name, tmp_path / "metrics.csv"]
    copies[0].write_text(original.path.read_text())
    copies[1].write_bytes(original.path.with_suffix(".csv").read_bytes())
    seed = made(market, replace(original, path=copies[0]))
    assert is_kept(market, seed)
    copies[1].write_bytes(copies[1].read_bytes() + b"\n")
    assert not is_kept(market, seed)


def test_other_code_makes_a_python_table_anew(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    [members] = [[t for t in catalogue().tables.values() if t.python == "pipelines.identity"]]
    before = versions.origin(members, market.connection)
    assert before == versions.origin(members, market.connection)
    monkeypatch.setattr(versions, "_code", lambda: "other code")
    assert versions.origin(members, market.connection) != before


def test_a_table_that_asks_for_the_moment_is_never_kept(market: Market, table: Table) -> None:
    daily = replace(table, select=table.select + " where current_date > date '2020-01-01'")
    assert versions.origin([daily], market.connection) is None
    texts = replace(table, select=table.select + " where 'now()' <> 'today()' -- current_date")
    assert versions.origin([texts], market.connection) is not None


def test_a_table_whose_check_failed_is_tried_again(market: Market, table: Table) -> None:
    """The red check must be red in the next run too, and the old rows are not what it asks for."""
    wrong = Check("nobody_passes", f"select * from {STAGED}", True, "")
    strict = replace(table, checks=(*table.checks, wrong))
    for _ in range(2):
        assert not is_kept(market, strict)
        with pytest.raises(CheckFailed):
            made(market, strict)
    assert rows(market.connection, f"select count(*) from {STAGED}") == [(6,)]


def test_a_warning_is_still_told_when_the_table_is_kept(market: Market, table: Table) -> None:
    doubt = Check("doubtful", f"select * from {STAGED} limit 2", False, "")
    doubted = made(market, replace(table, checks=(*table.checks, doubt)))
    origin = versions.origin([doubted], market.connection)
    [report] = versions.unchanged([doubted], origin, market.connection) or []
    assert report.warnings == {"doubtful": 2}


def test_whoever_makes_a_table_without_noting_it_is_not_trusted(
    market: Market, table: Table
) -> None:
    """As after a crash between the two."""
    tables.build(table, market.connection)
    assert not is_kept(market, table)


def test_what_only_a_check_reads_makes_a_table_checked_again_and_not_made(
    market: Market, table: Table
) -> None:
    claim = Check("vendors_are_known", "select * from seeds.metrics where false", True, "")
    checked = made(market, replace(table, checks=(*table.checks, claim)))
    before = versions.content("seeds.metrics", market.connection)
    market.connection.execute("insert into seeds.metrics by name select 'new' as metric")
    notes.forget(["seeds.metrics"], market.connection)
    assert versions.content("seeds.metrics", market.connection) != before
    origin = versions.origin([checked], market.connection)
    assert not is_kept(market, checked)
    assert versions.as_made([checked], origin, market.connection)
    assert versions.as_checked([checked], origin, market.connection) == {}
    report = tables.check(checked, market.connection)
    versions.note([checked], [report], origin, market.connection)
    assert is_kept(market, checked)


def test_rows_that_stay_are_not_checked_again_by_the_same_checks(edition: Connection) -> None:
    comparisons = catalogue().tables["analysis.comparisons"]
    doubted = replace(comparisons, checks=(Check("never", "select 1", True, ""),))
    before = Report(comparisons.full_name, rows=7)
    assert tables.build(doubted, edition, None, {comparisons.full_name: before}) is before
    with pytest.raises(CheckFailed):
        tables.build(doubted, edition)


@pytest.fixture(autouse=True)
def no_code_read_before() -> Iterator[None]:
    versions._code.cache_clear()
    yield
    versions._code.cache_clear()


def test_what_several_steps_ask_is_asked_once_while_all_it_reads_stays(
    market: Market, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = f"select count(*) as there from {STAGED}"
    asked = []

    def frame_of(query: str, connection: Connection) -> pd.DataFrame:
        asked.append(query)
        return connection.execute(query).df()

    def there() -> int:
        frame = tables._frame(query, market.connection)
        found = int(frame["there"].iloc[0])
        frame["there"] = -1  # what one step does to its frame another does not see
        return found

    monkeypatch.setattr(tables, "_asked_by_several", lambda: {query})
    monkeypatch.setattr(tables, "_frame_of", frame_of)
    every = there()
    assert there() == every
    assert len(asked) == 1
    notes.forget([STAGED], market.connection)
    market.connection.execute(f"delete from {STAGED} where spelling = 'zeta-1'")
    fewer = there()
    assert fewer < every
    assert there() == fewer
    assert len(asked) == 3  # nothing is noted of the table yet
    versions.content(STAGED, market.connection)
    assert there() == fewer
    assert there() == fewer
    assert len(asked) == 4
