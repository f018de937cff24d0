"""The guards of METHOD 2 and 3: each fault is put in, seen flagged, and never a resolved price.

`docs/guards.md` names for every guard where it stands and the test that proves it.
"""

import re

import pytest
from feeds import FEEDS, Market, rows
from test_prices import ZETA, says

from pipelines.fetch import take_offline_edition
from pipelines.settings import PROJECT, Settings
from pipelines.sources import sources
from pipelines.tables import Connection, catalogue

GUARDS = PROJECT / "docs" / "guards.md"


def broken(connection: Connection, table: str, check: str) -> list[tuple[object, ...]]:
    """Rows that break a check of a table."""
    [query] = [c.query for c in catalogue().tables[table].checks if c.name == check]
    return rows(connection, query)


# ------------------------------------------------------------------ prices


def test_zero_for_one_day_leaves_no_trace(market: Market) -> None:
    """Kimi K2.5 at 0/0 on 2026-04-18 only."""
    for day, price in (("10", ("2", "8")), ("11", ("0", "0")), ("12", ("2", "8"))):
        says(market, "litellm", f"2026-01-{day}", {"zeta-1": price})
    market.build()
    assert [market.price(ZETA, f"2026-01-{day}") for day in (10, 11, 12)] == [("2", "8")] * 3
    [reason] = market.reasons("litellm")
    assert reason.startswith("zero for a paid model")


def test_a_price_per_character_and_its_correction_leave_no_crash_in_the_series(
    market: Market,
) -> None:
    """Vertex' Gemini 1.5 Flash fell by 16 times and rose again; four characters are a token."""
    for day, price in (
        ("10", ("0.3", "1.2")), ("15", ("0.075", "0.3")), ("20", ("0.3", "1.2")),
    ):  # fmt: skip
        says(market, "litellm", f"2026-01-{day}", {"zeta-1": price})
    market.build()
    for day in ("10", "15", "18", "20"):
        assert market.price(ZETA, f"2026-01-{day}") == ("0.3", "1.2")
    assert market.reasons("litellm") == ["jump of 4x or more that no other lineage shows"]


def hosts(market: Market, moment: str, price: tuple[str, str]) -> None:
    """LiteLLM lists the version at a host only."""
    rows_of = {"azure/zeta-1": price} | {f"azure/eta-{n}": ("7", "9") for n in range(5)}
    market.fetched("litellm", moment, FEEDS["litellm"].payload(rows_of, "azure"))


def test_a_hosts_price_under_the_vendors_id_gives_way_to_the_list_price(market: Market) -> None:
    """DeepSeek V3.2 and Kimi K2 in genai-prices; by rank alone models.dev would win here."""
    says(market, "genai_prices", "2026-01-09", {"zeta-1": ("3", "9")})
    hosts(market, "2026-01-10", ("1", "4"))
    says(market, "models_dev", "2026-01-11", {"zeta-1": ("1", "4")})
    market.build()
    found = market.answer(ZETA, "2026-01-12")
    assert found is not None
    assert (found["input"], found["is_disputed"]) == ("3", True)
    [marked] = rows(
        market.connection,
        "select c.source, c.input_usd_per_mtok from core.price_claims as c "
        "where c.equals_street_price and c.model_id = ?", [ZETA],
    )  # fmt: skip
    assert marked == ("models_dev", 1)


def test_a_cut_to_what_a_host_charges_is_a_cut(market: Market) -> None:
    says(market, "genai_prices", "2026-01-09", {"zeta-1": ("3", "9")})
    hosts(market, "2026-01-10", ("1", "4"))
    says(market, "models_dev", "2026-01-10", {"zeta-1": ("3", "9")})
    says(market, "models_dev", "2026-01-15", {"zeta-1": ("1", "4")})
    says(market, "genai_prices", "2026-01-16", {"zeta-1": ("3", "9"), "kappa": ("1", "2")})
    market.build()
    assert market.price(ZETA, "2026-01-17") == ("1", "4")


def test_rows_that_vanish_in_masses_keep_their_prices(market: Market) -> None:
    many = {f"zeta-{n}": ("2", "8") for n in range(1, 11)}
    market.fetched("litellm", "2026-01-10", FEEDS["litellm"].payload(many))
    few = {"zeta-9": ("2", "8"), "zeta-10": ("2", "8")}
    market.fetched("litellm", "2026-01-12", FEEDS["litellm"].payload(few))
    market.build()
    assert market.price(ZETA, "2026-01-12") == ("2", "8")
    assert any("held back" in reason for reason in market.reasons("litellm"))


# ------------------------------------------------------------------ feeds


def test_a_feed_that_answers_the_same_bytes_for_a_month_is_flagged(market: Market) -> None:
    for day in ("2026-01-01", "2026-01-20", "2026-02-03"):
        says(market, "litellm", day, {"zeta-1": ("2", "8")})
    market.build()
    [(source, *_)] = broken(market.connection, "core.source_readings", "none_is_frozen")
    assert source == "litellm"
    says(market, "litellm", "2026-02-04", {"zeta-1": ("2", "9")})
    market.build()
    assert broken(market.connection, "core.source_readings", "none_is_frozen") == []


def test_a_price_known_before_its_payload_was_fetched_stops_the_build(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    connection = market.build()
    check = "known_no_earlier_than_fetched"
    assert broken(connection, "core.price_claims", check) == []
    connection.execute(
        "update core.price_claims set known_at = known_at - interval 1 day where model_id = ?",
        [ZETA],
    )
    assert len(broken(connection, "core.price_claims", check)) == 1
    [blocks] = [
        c.is_blocking for c in catalogue().tables["core.price_claims"].checks if c.name == check
    ]
    assert blocks


# ------------------------------------------------------------------ results


def test_a_majority_vote_listed_as_one_attempt_is_flagged(edition: Connection) -> None:
    """DeepSeek-R1-Zero's cons@64 of 86.7 in the column of first answers."""
    check = ("core.results", "no_majority_vote_as_one_attempt")
    before = broken(edition, *check)
    edition.execute("begin")
    try:
        edition.execute(
            "insert into core.results select * replace ("
            "r.result_id || ' again' as result_id, 'pass@1' as metric, 'a feed' as source) "
            "from core.results as r where r.metric = 'cons@64' and exists ("
            "select 1 from core.results as o where o.model_id = r.model_id "
            "and o.benchmark_id = r.benchmark_id and o.metric = 'pass@1' and o.score < r.score) "
            "order by r.result_id limit 1"
        )
        after = broken(edition, *check)
    finally:
        edition.execute("rollback")
    assert len(after) == len(before) + 1
    assert "a feed" in after[0] or "a feed" in after[-1]


# ------------------------------------------------------------------ the list itself


def guarded() -> list[tuple[str, str]]:
    """(guard, test) of every line of the document."""
    found = []
    for line in GUARDS.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and "::" in cells[2]:
            found += [(cells[0], test) for test in re.findall(r"`([\w/.]+::\w+)`", cells[2])]
    return found


def test_every_guard_is_listed() -> None:
    assert len({guard for guard, _ in guarded()}) >= 13


@pytest.mark.parametrize(("guard", "test"), guarded())
def test_the_test_that_proves_a_guard_exists(guard: str, test: str) -> None:
    file, name = test.split("::")
    assert f"def {name}(" in (PROJECT / "tests" / file).read_text(), guard


# ------------------------------------------------------------------ the package's known time


def test_the_installed_packages_prices_are_known_from_its_release(market: Market) -> None:
    """Stamped with the day of loading, the same question had another answer on every machine."""
    source = sources()["genai_prices"]
    settings = Settings(offline=True)
    [fetch] = take_offline_edition(source, market.connection, market.snapshots, settings)
    assert source.offline_edition is not None
    _, released_on = source.offline_edition()
    assert released_on is not None, "add the release to RELEASED_ON"
    assert fetch.fetched_at == f"{released_on.isoformat()}T00:00:00Z"


def test_of_a_package_of_unknown_release_the_day_of_loading_counts(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sources()["genai_prices"]
    monkeypatch.setattr("pipelines.sources.genai_prices.RELEASED_ON", {})
    settings = Settings(offline=True)
    [fetch] = take_offline_edition(source, market.connection, market.snapshots, settings)
    assert fetch.fetched_at[:10] == settings.now().date().isoformat()
