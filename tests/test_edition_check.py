"""What the feeds say and the edition lacks, by hand; and the command that lists it."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import published_in
from typer.testing import CliRunner, Result

from pipelines import tables
from pipelines.cli import app
from pipelines.settings import Settings
from pipelines.tables import Connection, catalogue

#: Only what the table reads.
COLUMNS = {
    "core.models": "model_id varchar, registered_by varchar, known_since timestamp",
    "core.prices": "offering_id varchar, is_list_price boolean, "
    "input_usd_per_mtok decimal(18, 9), output_usd_per_mtok decimal(18, 9)",
    "core.price_claims": "claim_id varchar, offering_id varchar, model_id varchar, source varchar, "
    "lineage varchar, input_usd_per_mtok decimal(18, 9), output_usd_per_mtok decimal(18, 9), "
    "valid_from_latest date, published_on date, known_at timestamp, source_url varchar",
    "core.releases": "model_id varchar, released_on date, evidence varchar, source varchar, "
    "source_url varchar, published_on date",
    "core.releases_seen": "source varchar, source_url varchar, spelling varchar, title varchar, "
    "released_on date, first_seen_at timestamp, kind varchar, model_id varchar, "
    "quarantine_reason varchar, ended_at timestamp",
    "core.retirement_claims": "source varchar, key varchar, model_id varchar, shutdown_on date, "
    "source_url varchar, known_at timestamp, ended_at timestamp",
    "raw.sources": "source varchar, url varchar",
}
URL = "https://example.org/page"


class Facts:
    """An edition of two versions, one launched and priced, beside whatever a test adds."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        tables.create_schemas(self.connection)
        for name, columns in COLUMNS.items():
            self.connection.execute(f"create table {name} ({columns})")
        self.add("raw.sources", source="feed", url="https://example.org/feed")
        self.add("core.models", model_id="a/one-1", registered_by="edition")
        self.add("core.models", model_id="a/two-1", registered_by="edition")
        self.add("core.releases", model_id="a/one-1", released_on=date(2025, 3, 4),
                 evidence="curated", source="edition")  # fmt: skip
        self.price("edition", "2", "8")

    def add(self, table: str, **row: Any) -> None:
        self.connection.execute(
            f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
            list(row.values()),
        )

    def price(self, source: str, inputs: str, outputs: str, day: date = date(2025, 3, 4),
              is_list_price: bool = True) -> None:  # fmt: skip
        """A claim of a/one-1 that also resolves."""
        number = {"input_usd_per_mtok": inputs, "output_usd_per_mtok": outputs}
        self.add("core.price_claims", claim_id=f"{source}{day}", offering_id="a/one-1@a",
                 model_id="a/one-1", source=source, lineage=source, valid_from_latest=day,
                 published_on=day, known_at=day, source_url=URL, **number)  # fmt: skip
        self.add("core.prices", offering_id="a/one-1@a", is_list_price=is_list_price, **number)

    def retired(self, source: str, day: date, **more: Any) -> None:
        self.add("core.retirement_claims", source=source, key=f"{source}{day}", model_id="a/one-1",
                 shutdown_on=day, source_url=URL,
                 **{"known_at": datetime(2025, 9, 1), **more})  # fmt: skip

    def post(self, spelling: str, day: date, **more: Any) -> None:
        self.add("core.releases_seen", source="feed", source_url=f"{URL}/{spelling}",
                 spelling=spelling, title=f"Introducing {spelling}", released_on=day,
                 first_seen_at=day, kind="announcement", **more)  # fmt: skip

    def gaps(self) -> list[tuple[Any, ...]]:
        tables.build(catalogue().tables["marts.edition_gaps"], self.connection)
        return self.connection.execute(
            "select kind, model_id, edition_says, feeds_say, source, known_on "
            "from marts.edition_gaps order by gap_id"
        ).fetchall()


@pytest.fixture
def facts() -> Facts:
    return Facts()


def test_an_edition_that_says_what_the_feeds_say_has_no_gap(facts: Facts) -> None:
    facts.price("feed", "2", "8", date(2025, 5, 1))
    facts.retired("edition", date(2026, 1, 1))
    facts.retired("feed", date(2026, 1, 1))
    assert facts.gaps() == []


def test_a_list_price_that_the_edition_never_states_is_a_gap_from_its_first_reading(
    facts: Facts,
) -> None:
    facts.price("feed", "1", "4", date(2025, 6, 2))
    facts.price("feed", "1", "4", date(2025, 6, 1))
    assert facts.gaps() == [
        ("price", "a/one-1", "2.0 in, 8.0 out", "1.0 in, 4.0 out", "feed", date(2025, 6, 1))
    ]


def test_a_hosts_price_is_no_gap(facts: Facts) -> None:
    facts.price("feed", "1", "4", date(2025, 6, 1), is_list_price=False)
    assert facts.gaps() == []


def test_a_version_that_a_listing_registered_is_a_gap(facts: Facts) -> None:
    facts.add("core.models", model_id="a/new-1", registered_by="feed",
              known_since=datetime(2026, 2, 3, 4))  # fmt: skip
    facts.add("core.releases", model_id="a/new-1", released_on=date(2026, 2, 1),
              evidence="listed", source="feed", published_on=date(2026, 2, 3))  # fmt: skip
    assert facts.gaps() == [
        ("version", "a/new-1", None, "listed, released 2026-02-01", "feed", date(2026, 2, 3))
    ]


def test_a_launch_that_the_edition_does_not_date_is_a_gap(facts: Facts) -> None:
    facts.add("core.releases", model_id="a/two-1", released_on=date(2025, 8, 1),
              evidence="listed", source="feed", published_on=date(2025, 9, 9))  # fmt: skip
    assert facts.gaps() == [
        ("launch", "a/two-1", "no launch", "released 2025-08-01", "feed", date(2025, 9, 9))
    ]


@pytest.mark.parametrize(
    ("edition_says", "said"),
    [(None, "not retired"), (date(2026, 1, 1), "shut down 2026-01-01")],
)
def test_a_retirement_that_the_edition_lacks_or_dates_otherwise_is_a_gap(
    facts: Facts, edition_says: date | None, said: str
) -> None:
    if edition_says:
        facts.retired("edition", edition_says)
    facts.retired("feed", date(2026, 3, 1), known_at=datetime(2025, 10, 1))
    assert facts.gaps() == [
        ("retirement", "a/one-1", said, "shut down 2026-03-01", "feed", date(2025, 10, 1))
    ]


def test_the_last_reading_of_a_vendors_page_counts(facts: Facts) -> None:
    facts.retired("edition", date(2026, 3, 1))
    facts.retired("feed", date(2026, 1, 1), known_at=datetime(2025, 9, 1))
    facts.retired("feed", date(2026, 3, 1), known_at=datetime(2025, 10, 1))
    assert facts.gaps() == []


def test_a_post_of_a_model_that_nothing_knows_is_a_gap(facts: Facts) -> None:
    facts.post("three", date(2025, 7, 1))
    facts.post("two-1", date(2025, 8, 1), model_id="a/two-1")  # read as a model of the edition
    facts.post("one", date(2025, 3, 5))  # the launch of a/one-1, under the family's name
    facts.post("zero", date(2024, 1, 1))  # before the edition begins
    assert facts.gaps() == [
        ("post", None, None, "Introducing three, 2025-07-01", "feed", date(2025, 7, 1))
    ]


def called(home: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("BELLWETHER_HOME", str(home))
    return CliRunner().invoke(app, ["edition", "check", *arguments])


def test_the_command_succeeds_where_nothing_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edition: Connection
) -> None:
    published_in(edition, Settings(home=tmp_path))
    told = called(tmp_path, monkeypatch)
    assert (told.exit_code, told.stdout.strip()) == (0, "The edition has what the feeds say.")
    asked = called(tmp_path, monkeypatch, "--json")
    assert (asked.exit_code, json.loads(asked.stdout)) == (0, [])


def test_the_command_fails_where_the_feeds_say_more_and_lists_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facts: Facts
) -> None:
    facts.price("feed", "1", "4", date(2025, 6, 1))
    facts.post("three", date(2025, 7, 1))
    facts.gaps()
    published_in(facts.connection, Settings(home=tmp_path))
    told = called(tmp_path, monkeypatch)
    assert told.exit_code == 1
    assert "1 list prices that the edition never states" in told.stdout
    assert "Introducing three, 2025-07-01" in told.stdout
    asked = called(tmp_path, monkeypatch, "--json", "--kind", "price")
    assert asked.exit_code == 1
    assert json.loads(asked.stdout) == [
        {"kind": "price", "model_id": "a/one-1", "edition_says": "2.0 in, 8.0 out",
         "feeds_say": "1.0 in, 4.0 out", "source": "feed", "source_url": URL,
         "known_on": "2025-06-01"}
    ]  # fmt: skip
    assert called(tmp_path, monkeypatch, "--since", "2025-07-02").exit_code == 0


def test_a_kind_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = called(tmp_path, monkeypatch, "--kind", "prise")
    assert told.exit_code == 2
    assert "Kinds: price, launch, retirement, version, post" in " ".join(told.stderr.split())


@pytest.mark.archive
def test_on_the_whole_archive_the_edition_knows_nearly_all_about_its_models(
    archive_warehouse: Connection,
) -> None:
    counted = dict(
        archive_warehouse.execute(
            "select kind, count(*) from marts.edition_gaps group by kind"
        ).fetchall()
    )
    assert counted["price"] <= 12
    # Of versions registered for their names alone the edition states neither on purpose.
    held = dict(
        archive_warehouse.execute(
            "select g.kind, count(*) from marts.edition_gaps as g where g.model_id in (select "
            "p.model_id from seeds.prices as p union select r.model_id from seeds.results as r) "
            "group by g.kind"
        ).fetchall()
    )
    assert held.get("launch", 0) <= 20
    assert held.get("retirement", 0) == 0
    assert counted["version"] > 500  # what the registry learned from listings
