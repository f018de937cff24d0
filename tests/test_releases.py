"""Launch and retirement dates: the curated one stands, the rest is weighed, none is hindsight."""

from collections.abc import Iterator
from datetime import date, datetime

import duckdb
import pytest
from feeds import rows

from pipelines import tables
from pipelines.tables import Connection, catalogue


class Claims:
    """Claims by hand behind the real macros."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        tables.create_schemas(self.connection)
        self.connection.execute(
            "create table core.release_claims (source varchar, lineage varchar, key varchar, "
            "model_id varchar, about varchar, evidence varchar, claimed_on date, "
            "source_url varchar, publisher varchar, first_seen_at timestamp, known_at timestamp, "
            "ended_at timestamp, licence varchar)"
        )
        self.connection.execute(
            "create table core.retirement_claims (source varchar, key varchar, model_id varchar, "
            "evidence varchar, deprecated_on date, shutdown_on date, "
            "replacement_model_id varchar, replacement_known_at timestamp, "
            "source_url varchar, publisher varchar, "
            "first_seen_at timestamp, known_at timestamp, ended_at timestamp, licence varchar)"
        )
        for name in ("releases_known", "retirements_known"):
            tables.create_macro(catalogue().macros[name], self.connection)

    def release(
        self,
        source: str,
        evidence: str,
        claimed_on: str,
        *,
        about: str = "database",
        key: str = "v/zeta",
        known_on: str = "2025-01-01",
        ended_on: str | None = None,
    ) -> None:
        self.connection.execute(
            "insert into core.release_claims (source, lineage, key, model_id, about, evidence, "
            "claimed_on, first_seen_at, known_at, ended_at) values (?, ?, ?, 'v/zeta', ?, ?, ?, "
            "?, ?, ?)",
            [source, source, key, about, evidence, claimed_on, known_on, known_on, ended_on],
        )

    def retirement(
        self, source: str, shutdown_on: str, known_on: str, ended_on: str | None = None
    ) -> None:
        self.connection.execute(
            "insert into core.retirement_claims (source, key, model_id, evidence, shutdown_on, "
            "first_seen_at, known_at, ended_at) values (?, 'v/zeta', 'v/zeta', 'x', ?, ?, ?, ?)",
            [source, shutdown_on, known_on, known_on, ended_on],
        )

    def released(self, known_by: str | None = None) -> tuple[object, ...] | None:
        found = rows(
            self.connection,
            "select cast(released_on as varchar), evidence, is_disputed from releases_known(?)",
            [known_by],
        )
        return found[0] if found else None


@pytest.fixture
def claims() -> Iterator[Claims]:
    found = Claims()
    yield found
    found.connection.close()


def test_a_curated_date_stands_against_any_number_of_feeds(claims: Claims) -> None:
    claims.release("edition", "curated", "2024-03-04", about="announcement")
    for source in ("a", "b", "c"):
        claims.release(source, "database", "2024-02-29")
    assert claims.released() == ("2024-03-04", "curated", True)


def test_the_day_a_host_took_a_model_up_disputes_no_better_date(claims: Claims) -> None:
    claims.release("edition", "curated", "2025-08-07", about="announcement")
    claims.release("hosts", "host_listing", "2025-08-13")
    assert claims.released() == ("2025-08-07", "curated", False)
    claims.release("vendors", "vendor_listing", "2025-08-08")
    assert claims.released() == ("2025-08-07", "curated", True)


def test_hosts_that_alone_date_a_model_dispute_one_another(claims: Claims) -> None:
    claims.release("a", "host_listing", "2025-08-07", key="one")
    claims.release("b", "host_listing", "2025-08-13", key="other")
    found = claims.released()
    assert found is not None
    assert found[1:] == ("host_listing", True)


def test_a_feeds_api_date_does_not_fill_a_curated_launch(claims: Claims) -> None:
    """A model that was announced and never sold stays unsold."""
    claims.release("edition", "curated", "2024-08-13", about="announcement")
    claims.release("a", "vendor_post", "2024-08-13", about="api")
    assert rows(claims.connection, "select api_available_on from releases_known(null)") == [(None,)]


def test_announcement_and_api_access_are_kept_apart(claims: Claims) -> None:
    """o1: announced on 2024-12-05, in the API from 2024-12-17."""
    claims.release("edition", "curated", "2024-12-05", about="announcement")
    claims.release("edition", "curated", "2024-12-17", about="api")
    claims.release("a", "database", "2024-12-17")
    assert rows(
        claims.connection, "select announced_on, api_available_on from releases_known(null)"
    ) == [(date(2024, 12, 5), date(2024, 12, 17))]
    assert claims.released() == ("2024-12-05", "curated", False)


def test_a_vendors_post_beats_databases_that_agree(claims: Claims) -> None:
    claims.release("a", "database", "2025-11-01")
    claims.release("b", "vendor_listing", "2025-11-01")
    claims.release("posts", "vendor_post", "2025-11-24", about="announcement")
    assert claims.released() == ("2025-11-24", "vendor_post", True)


def test_families_that_agree_beat_a_database_alone(claims: Claims) -> None:
    claims.release("a", "database", "2025-01-01")
    claims.release("b", "vendor_listing", "2025-01-10")
    claims.release("c", "host_listing", "2025-01-10")
    assert claims.released() == ("2025-01-10", "vendor_listing", True)


def test_many_hosts_of_one_list_are_one_voice(claims: Claims) -> None:
    for host in ("h1", "h2", "h3"):
        claims.release("list", "host_listing", "2025-02-02", key=f"{host}/zeta")
    claims.release("list", "vendor_listing", "2025-01-10")
    assert claims.released() == ("2025-01-10", "vendor_listing", False)


def test_what_was_known_of_a_launch_does_not_change(claims: Claims) -> None:
    claims.release("a", "database", "2025-01-01", known_on="2025-02-01", ended_on="2025-04-01")
    assert claims.released("2025-01-31") is None
    before = claims.released("2025-03-01")
    claims.release("posts", "vendor_post", "2025-01-02", about="api", known_on="2025-05-01")
    assert claims.released("2025-03-01") == before == ("2025-01-01", "database", False)
    assert claims.released("2025-05-01") == ("2025-01-02", "vendor_post", False)


def test_the_vendors_page_counts_as_it_last_read(claims: Claims) -> None:
    """Google moved the shutdown of a model from June to October."""
    claims.retirement("feed", "2026-06-17", "2026-05-01", ended_on="2026-06-02")
    claims.retirement("feed2", "2026-10-16", "2026-06-02")
    query = "select cast(shutdown_on as varchar) from retirements_known(?)"
    assert rows(claims.connection, query, ["2026-05-31"]) == [("2026-06-17",)]
    assert rows(claims.connection, query, [None]) == [("2026-10-16",)]


def test_a_curated_retirement_stands(claims: Claims) -> None:
    claims.retirement("edition", "2025-10-27", "2025-04-28")
    claims.retirement("feed", "2026-03-26", "2026-04-02")
    assert rows(
        claims.connection,
        "select cast(shutdown_on as varchar), is_disputed from retirements_known(null)",
    ) == [("2025-10-27", True)]


def test_every_launch_of_the_edition_keeps_its_dates(warehouse: Connection) -> None:
    assert (
        rows(
            warehouse,
            "select s.model_id from seeds.releases as s "
            "left join core.releases as r on r.model_id = s.model_id and r.evidence = 'curated' "
            "where r.model_id is null or r.announced_on is distinct from s.announced_on "
            "or r.api_available_on is distinct from s.api_available_on",
        )
        == []
    )


@pytest.mark.archive
def test_a_feeds_launch_makes_no_event(archive_warehouse: Connection) -> None:
    [(fed, events)] = rows(
        archive_warehouse,
        "select count(*), count(event_id) from core.releases where evidence <> 'curated'",
    )
    assert fed > 100
    assert events == 0


@pytest.mark.archive
def test_launch_dates_of_the_archive_agree_with_posts_of_the_vendors(
    archive_warehouse: Connection,
) -> None:
    """Verified launches that the edition may not hold come out of the feeds on the right day."""
    found = dict(
        rows(archive_warehouse, "select model_id, cast(released_on as varchar) from core.releases")
    )
    for model_id, day in {
        "anthropic/claude-opus-4-5-20251101": "2025-11-24",
        "anthropic/claude-haiku-4-5-20251001": "2025-10-15",
        "openai/gpt-5-2025-08-07": "2025-08-07",
        "google/gemini-3-pro-preview": "2025-11-18",
        "openai/o1-mini-2024-09-12": "2024-09-12",
    }.items():
        assert found[model_id] == day, model_id


@pytest.mark.archive
def test_claims_known_later_change_no_earlier_answer(archive_warehouse: Connection) -> None:
    """Without the claims of the last half year, what was known before is the same."""
    day = date(2026, 1, 1)
    query = "select * from releases_known(?) order by model_id"
    before = rows(archive_warehouse, query, [day])
    cut = archive_warehouse.cursor()
    cut.execute("create temp table release_claims as select * from core.release_claims")
    cut.execute(
        "update release_claims set ended_at = null where ended_at > ?", [datetime(2026, 1, 2)]
    )
    cut.execute("delete from release_claims where known_at >= ?", [datetime(2026, 1, 2)])
    statement = catalogue().macros["releases_known"].statement
    cut.execute(
        statement.replace("core.release_claims", "release_claims").replace(
            "macro releases_known", "temp macro releases_known_then"
        )
    )
    then = rows(cut, query.replace("releases_known", "releases_known_then"), [day])
    assert len(before) > 100
    assert then == before
