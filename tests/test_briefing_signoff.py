"""Sign-off: bound to content, void on change, blocked by failing checks, printed on the page."""

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import published_in
from typer.testing import CliRunner

from pipelines import raw, tables
from pipelines.briefings import signoff
from pipelines.briefings.render import Desk, Order, compose, order_of, render
from pipelines.briefings.signoff import SignoffError, approve
from pipelines.briefings.theme import Theme
from pipelines.cli import app
from pipelines.ledger import Ledger
from pipelines.settings import Settings
from pipelines.sources import sources
from pipelines.standing_checks import clear, note_failure, standing
from pipelines.tables import Connection

ORDER = Order("weekly", "2024-W37")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Theme(), Ledger(tmp_path / "ledger.jsonl"))


def sign(connection: Connection, desk: Desk, folder: Path, **given: object) -> None:
    order = order_of(signoff.read_manifest(folder))
    hashed = compose(connection, order, desk.theme).content_hash
    assert desk.ledger is not None
    words = {"name": "Ada Analyst", "failing": [], "despite": None, **given}
    approve(desk.ledger, folder, hashed, **words)  # type: ignore[arg-type]


def banner(folder: Path) -> str:
    return (folder / "briefing.md").read_text().splitlines()[0]


def test_a_sign_off_takes_the_banner_away_and_names_who_and_when(
    edition: Connection, desk: Desk, tmp_path: Path
) -> None:
    folder = render(edition, ORDER, tmp_path / "out", desk)
    assert "Draft" in banner(folder)
    sign(edition, desk, folder)
    again = render(edition, ORDER, tmp_path / "out", desk)
    assert "Human-verified by Ada Analyst on 20" in banner(again)
    assert "Draft" not in (again / "index.html").read_text()
    assert signoff.read_manifest(again)["is_approved"]


def test_whatever_changes_the_content_voids_it(
    edition: Connection, desk: Desk, tmp_path: Path
) -> None:
    sign(edition, desk, render(edition, ORDER, tmp_path / "out", desk))
    other = Desk(Theme(disclaimer="Other words."), desk.ledger)
    assert "is void, since the content has changed" in banner(
        render(edition, ORDER, tmp_path / "out", other)
    )
    again = render(edition, ORDER, tmp_path / "out", desk)  # the content is back, so it holds
    assert "Human-verified" in banner(again)


def test_a_sign_off_speaks_for_its_own_briefing_only(
    edition: Connection, desk: Desk, tmp_path: Path
) -> None:
    sign(edition, desk, render(edition, ORDER, tmp_path / "out", desk))
    other = Order("weekly", "2024-W37", known_by=date(2024, 10, 1))
    assert banner(render(edition, other, tmp_path / "out", desk)) == (
        "> **Draft: not signed off.**"
    )


def test_a_page_changed_by_hand_cannot_be_signed(
    edition: Connection, desk: Desk, tmp_path: Path
) -> None:
    folder = render(edition, ORDER, tmp_path / "out", desk)
    page = folder / "index.html"
    page.write_text(page.read_text().replace("Draft", "Final"))
    with pytest.raises(SignoffError, match=r"index\.html .* changed by hand"):
        sign(edition, desk, folder)


def test_facts_that_changed_since_reading_must_be_read_again(
    edition: Connection, desk: Desk, tmp_path: Path
) -> None:
    folder = render(edition, ORDER, tmp_path / "out", desk)
    manifest = json.loads((folder / "briefing.json").read_text())
    (folder / "briefing.json").write_text(json.dumps({**manifest, "content_hash": "0" * 64}))
    with pytest.raises(SignoffError, match="facts have changed"):
        sign(edition, desk, folder)


def test_a_failing_check_blocks_unless_a_reason_is_printed(
    edition: Connection, desk: Desk, tmp_path: Path
) -> None:
    folder = render(edition, ORDER, tmp_path / "out", desk)
    failing = ["core.prices: price_is_positive"]
    with pytest.raises(SignoffError, match="price_is_positive"):
        sign(edition, desk, folder, failing=failing)
    sign(edition, desk, folder, failing=failing, despite="one row, <b>not</b> on this page")
    again = render(edition, ORDER, tmp_path / "out", desk)
    assert "one row, &lt;b&gt;not&lt;/b&gt; on this page" in (again / "index.html").read_text()
    assert "price\\_is\\_positive failed" in banner(again)


def test_nobody_signs_without_a_name(edition: Connection, desk: Desk, tmp_path: Path) -> None:
    folder = render(edition, ORDER, tmp_path / "out", desk)
    with pytest.raises(SignoffError, match="--by NAME"):
        sign(edition, desk, folder, name="  ")


def test_checks_of_the_last_run_and_of_the_published_rows_both_stand(tmp_path: Path) -> None:
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values())
    tables.build_all(connection)
    settings = Settings(home=tmp_path)
    assert standing(connection, settings) == []
    note_failure(settings, "core.models", "key_is_unique", "two rows")
    assert standing(connection, settings) == ["core.models: key_is_unique"]
    clear(settings)
    connection.execute("update core.prices set input_usd_per_mtok = -1")
    assert any(name == "core.prices: price_is_positive" for name in standing(connection, settings))
    connection.close()


def test_the_command_signs_what_was_rendered(
    edition: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path))
    published_in(edition, Settings(home=tmp_path))
    run = CliRunner().invoke
    refused = run(app, ["approve", "weekly/2024-W37", "--by", "Ada"])
    assert refused.exit_code == 1
    assert "render it first" in refused.output
    assert run(app, ["brief", "weekly", "2024-W37"]).exit_code == 0
    done = run(app, ["approve", "weekly/2024-W37", "--by", "Ada"])
    assert done.exit_code == 0, done.output
    folder = tmp_path / "reports" / "out" / "weekly" / "2024-W37"
    assert "Human-verified by Ada" in banner(folder)
