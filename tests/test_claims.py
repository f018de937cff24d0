"""The claim checker: the analyst's briefing, texts of many styles, hostile input, the command."""

import json
import re
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from claim_texts import TODAY, Score, Text, checked, score, summary, texts
from typer.testing import CliRunner

from pipelines import cli, tables
from pipelines.analysis import claim_facts, claims
from pipelines.analysis.claims import RULES
from pipelines.check import Checked, as_list, check_text
from pipelines.check_page import render
from pipelines.reading.claim import KINDS, Claim, from_row
from pipelines.reading.documents import MAX_BYTES, TextError, read
from pipelines.tables import Connection
from pipelines.warehouse import WarehouseError

LAUNCH = date(2024, 9, 12)
EVERY_MARKET = pytest.mark.parametrize(
    "name",
    ["edition", "warehouse", pytest.param("archive_warehouse", marks=pytest.mark.archive)],
)
KNOWN, HELD_OUT = texts("known"), texts("heldout")


@pytest.fixture
def market(request: pytest.FixtureRequest, name: str) -> Connection:
    connection: Connection = request.getfixturevalue(name)
    return connection


def asked(connection: Connection, words: str, **options: Any) -> Checked:
    options.setdefault("as_of", LAUNCH)
    return check_text(connection, words.encode(), "text.md", today=TODAY, **options)


def verdicts(connection: Connection, words: str, **options: Any) -> list[tuple[str, str]]:
    found = asked(connection, words, **options)
    return [(claim.kind, verdict.verdict) for claim, verdict in found.claims]


def briefing(connection: Connection) -> str:
    [(text,)] = connection.execute(
        "select text from seeds.documents where document_id = 'o1-mini-briefing'"
    ).fetchall()
    return str(text)


# ------------------------------------------------------------------ the analyst's briefing

#: Rows of the method's table: kind, words in the sentence, verdict.
METHOD = [
    ("price_ratio", "80% cheaper", "supported"),
    ("score", "70.2% on AIME 2024", "contradicted"),
    ("score", "74.4% for o1-preview", "misattributed"),
    ("score", "Elo rating of 1650", "supported"),
    ("score", "1673 for o1-preview", "misattributed"),
    ("gap", "4-point", "contradicted"),
    ("comparison", "less world knowledge", "supported"),
    ("loser", "most obvious loser", "contradicted"),
    ("loser", "Second loser", "not_supported"),
    ("companies_lose", "math AI startups", "splits_by_role"),
    ("cannibalised", "cannibalizes", "supported"),
    ("availability", "limited availability", "supported"),
]
#: What the table expects to be found wrong; nothing else of the briefing may be.
WRONG = {"70.2% on AIME 2024", "74.4% for o1-preview", "1673 for o1-preview", "4-point",
         "most obvious loser"}  # fmt: skip


@EVERY_MARKET
@pytest.mark.parametrize(("kind", "words", "verdict"), METHOD)
def test_the_briefing_gets_the_verdicts_of_the_method(
    market: Connection, kind: str, words: str, verdict: str
) -> None:
    rows = market.execute(
        "select k.verdict, k.because from core.claims as c inner join marts.claim_checks as k "
        "on k.claim_id = c.claim_id where c.document_id = 'o1-mini-briefing' and c.kind = ? "
        "and contains(c.sentence, ?) and (c.kind <> 'score' or contains(c.text, ?))",
        [kind, words, words],
    ).fetchall()
    assert [row[0] for row in rows] == [verdict]
    assert rows[0][1]


@EVERY_MARKET
def test_nothing_else_of_the_briefing_is_called_wrong(market: Connection) -> None:
    rows = market.execute(
        "select c.sentence from core.claims as c inner join marts.claim_checks as k "
        "on k.claim_id = c.claim_id where k.verdict in ('contradicted', 'misattributed')"
    ).fetchall()
    assert len(rows) == len(WRONG)
    for (sentence,) in rows:
        assert any(words in sentence for words in WRONG), sentence


@EVERY_MARKET
def test_a_misattributed_figure_names_its_owner_and_the_right_figure(market: Connection) -> None:
    rows = market.execute(
        "select k.belongs_to, k.true_value from core.claims as c "
        "inner join marts.claim_checks as k on k.claim_id = c.claim_id "
        "where k.verdict = 'misattributed' order by c.value"
    ).fetchall()
    owner = "openai/o1-2024-09-12-checkpoint"
    assert rows == [(owner, 44.6), (owner, 1258.0)]


@EVERY_MARKET
def test_a_discount_says_what_the_newest_prices_would_give(market: Connection) -> None:
    rows = market.execute(
        "select round(k.true_value, 6), k.by_now from core.claims as c "
        "inner join marts.claim_checks as k on k.claim_id = c.claim_id "
        "where c.kind = 'price_ratio' and c.scope = '80%'"
    ).fetchall()
    assert rows
    for true_value, by_now in rows:
        assert true_value == 80.0
        assert "92.7% cheaper" in by_now


@EVERY_MARKET
def test_evidence_of_a_verdict_can_be_looked_up(market: Connection) -> None:
    known = {row[0] for row in market.execute(
        "select claim_id from core.price_claims union all select result_id from core.results"
    ).fetchall()}  # fmt: skip
    listed = market.execute(
        "select claim_id, evidence from marts.claim_checks where evidence is not null"
    ).fetchall()
    assert listed
    for claim_id, evidence in listed:
        assert set(evidence.split()) <= known, claim_id


def test_the_command_and_the_mart_are_one_checker(edition: Connection) -> None:
    stored = edition.execute(
        "select c.text, c.kind, k.verdict, k.because from core.claims as c "
        "inner join marts.claim_checks as k on k.claim_id = c.claim_id "
        "where c.document_id = 'o1-mini-briefing' order by c.claim_id"
    ).fetchall()
    found = asked(edition, briefing(edition), as_of=date(2024, 9, 13))
    assert stored == [(c.text, c.kind, v.verdict, v.because) for c, v in found.claims]


@pytest.mark.parametrize(
    "name", ["edition", pytest.param("archive_warehouse", marks=pytest.mark.archive)]
)
def test_facts_that_no_claim_speaks_of_change_no_verdict(
    market: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results on other benchmarks and prices of other models are not asked for."""
    everything = {name: claim_facts.queries(
        "(select distinct c.as_of as day from core.claims as c union "
        "select max(p.published_on) as day from core.price_claims as p)",
        "date '9999-12-31'",
    ).get(name, query) for name, query in claims.READS.items()}  # fmt: skip
    found, all_known = (
        claims.compute(**tables.read_frames(reads, market))["claim_checks"]
        for reads in (claims.READS, everything)
    )
    assert found.equals(all_known)
    assert len(found) > 20
    narrow = [as_list(checked(market, text)) for text in KNOWN]
    monkeypatch.setattr(
        "pipelines.check.queries", lambda days, known_by, *_: claim_facts.queries(days, known_by)
    )
    assert narrow == [as_list(checked(market, text)) for text in KNOWN]


def test_a_claim_survives_its_row(edition: Connection) -> None:
    for text in KNOWN:
        for claim, _ in checked(edition, text).claims:
            assert from_row(claim.row()) == claim


def test_every_kind_has_a_rule() -> None:
    assert set(RULES) == set(KINDS)


# ------------------------------------------------------------------ texts of many styles


def compared(connection: Connection, listed: list[Text]) -> Score:
    total = Score()
    for text in listed:
        result = score(text, checked(connection, text))
        print(summary(text.path.name, result))
        total += result
    print(summary("all", total))
    return total


@pytest.mark.parametrize("text", [*KNOWN, *HELD_OUT], ids=lambda text: text.path.name)
def test_a_text_gets_the_verdicts_expected(edition: Connection, text: Text) -> None:
    result = score(text, checked(edition, text))
    wrong = [(e["words"], e["verdict"], v.verdict, v.because) for e, _, v in result.wrong_verdicts]
    assert wrong == []


@pytest.mark.parametrize("text", [*KNOWN, *HELD_OUT], ids=lambda text: text.path.name)
def test_nothing_right_is_called_wrong(edition: Connection, text: Text) -> None:
    """Of all claims found, expected or not, only those are that the text gets wrong."""
    found = checked(edition, text)
    result = score(text, found)
    expected = [c for e, c, _ in result.found if {"contradicted", "misattributed"} & {
        *([e["verdict"]] if isinstance(e["verdict"], str) else e["verdict"])
    }]  # fmt: skip
    wrong = [c for c, v in found.claims if v.verdict in {"contradicted", "misattributed"}]
    assert [c.text for c in wrong if c not in expected] == []


def test_extraction_finds_what_the_texts_claim(edition: Connection) -> None:
    known = compared(edition, KNOWN)
    assert known.asked >= 150
    assert known.precision >= 0.95
    assert known.recall >= 0.95
    held_out = compared(edition, HELD_OUT)
    assert held_out.asked >= 80
    assert held_out.precision >= 0.9
    assert held_out.recall >= 0.9


@pytest.mark.parametrize("text", [*KNOWN, *HELD_OUT], ids=lambda text: text.path.name)
def test_what_is_not_read_is_listed(edition: Connection, text: Text) -> None:
    left = [u.text for u in checked(edition, text).unchecked]
    for words in text.expected.get("unchecked", []):
        assert any(words in sentence for sentence in left), words


# ------------------------------------------------------------------ words

ONE = [
    ("o1-mini costs $3 per million input tokens.", "price", "supported"),
    ("o1-mini costs $12 per million input tokens.", "price", "misattributed"),
    ("o1-mini costs $4 per million input tokens.", "price", "contradicted"),
    ("o1-mini costs $1.10 per million input tokens.", "price", "outdated"),
    ("GPT-4o costs $2.50 per million input tokens.", "price", "supported"),
    ("o1-mini costs $0.003 per 1K input tokens.", "price", "supported"),
    ("o1-mini is half the price of o1-preview.", "price_ratio", "contradicted"),
    ("o1-preview is five times more expensive than o1-mini.", "price_ratio", "supported"),
    ("o1-mini costs a fifth of the price of o1-preview.", "price_ratio", "supported"),
    ("o1-mini is more than 70% cheaper than o1-preview.", "price_ratio", "supported"),
    ("o1-mini is cheaper than o1-preview.", "price_comparison", "supported"),
    ("o1-mini is more expensive than o1-preview.", "price_comparison", "contradicted"),
    ("o1-mini does not cost $4 per million input tokens.", "price", "supported"),
    ("o1-mini scores 70% on AIME 2024.", "score", "supported"),
    ("o1-mini scores about 69% on AIME 2024.", "score", "supported"),
    ("o1-mini scores over 65% on AIME 2024.", "score", "supported"),
    ("o1-mini scores 90% on AIME 2024.", "score", "contradicted"),
    ("o1-preview scores 56.7% on AIME 2024.", "score", "misattributed"),
    ("With a majority vote, o1-preview scores 56.7% on AIME 2024.", "score", "supported"),
    ("GPT-4o mini scores 41.5% on OSWorld.", "score", "unverifiable"),
    ("o1-mini outperforms o1-preview on Codeforces.", "comparison", "supported"),
    ("o1-mini trails o1-preview on Codeforces.", "comparison", "contradicted"),
    ("o1-mini leads o1-preview by 25 points on AIME 2024.", "gap", "supported"),
    ("o1-mini was launched on September 12, 2024.", "release", "supported"),
    ("o1-mini was launched on August 1, 2024.", "release", "contradicted"),
    ("Anthropic released o1-mini.", "release", "misattributed"),
    ("o1-mini is an open-weight model.", "open_weights", "contradicted"),
    ("o1-mini is a reasoning model.", "reasoning", "supported"),
    ("o1-mini has a context window of 128K tokens.", "context_window", "supported"),
    ("o1-mini has a context window of 1M tokens.", "context_window", "contradicted"),
    ("o1-mini is OpenAI's cheapest model.", "ranking", "contradicted"),
    ("o1-preview has been cannibalised by o1-mini.", "cannibalised", "supported"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "kind", "verdict"), ONE)
def test_a_sentence_gets_its_verdict(
    edition: Connection, words: str, kind: str, verdict: str
) -> None:
    assert (kind, verdict) in verdicts(edition, words)


SILENT = [
    "GPT-9 scores 70.0% on AIME 2024.",
    "o1-mini-turbo costs $3 per million input tokens.",
    "GPT-4o Preview Max costs $3 per million input tokens.",
    "Falcon 180B beats the o1 series on AIME 2024.",
]


@pytest.mark.parametrize("words", SILENT)
def test_an_unrecorded_model_takes_no_figure_of_a_recorded_one(
    edition: Connection, words: str
) -> None:
    for claim, verdict in asked(edition, words).claims:
        assert verdict.verdict == "unverifiable", claim


def test_a_name_means_what_it_pointed_to_on_the_day(edition: Connection) -> None:
    words = "Claude 3.5 Sonnet costs $3 per million input tokens."
    for day, version in [("2024-09-12", "20240620"), ("2024-11-30", "20241022")]:
        [(claim, _)] = asked(edition, words, as_of=date.fromisoformat(day)).claims
        assert claim.subject_ids[0] == f"anthropic/claude-3-5-sonnet-{version}"


def test_a_pronoun_with_two_candidates_contradicts_nothing(edition: Connection) -> None:
    words = "Claude 3 Opus is dear: Claude 3.5 Sonnet is five times cheaper. It came out in March."
    found = verdicts(edition, words, as_of=date(2024, 7, 25))
    assert ("release", "supported") in found


def test_what_was_not_known_by_a_day_is_not_used(edition: Connection) -> None:
    words = "o1-preview scores 42.4% on SimpleQA."
    assert verdicts(edition, words) == [("score", "supported")]
    early = verdicts(edition, words, known_by=date(2024, 9, 13))
    assert early == [("score", "unverifiable")]


def test_a_text_is_dated_by_its_option_then_by_itself_then_by_today(edition: Connection) -> None:
    words = "---\ndate: 2024-09-20\n---\n\no1-mini costs $3 per million input tokens."
    assert asked(edition, words, as_of=None).as_of == date(2024, 9, 20)
    assert asked(edition, words).as_of == LAUNCH
    undated = asked(edition, "o1-mini costs $3 per million input tokens.", as_of=None)
    assert (undated.as_of, undated.claims[0][1].verdict) == (TODAY, "outdated")


# ------------------------------------------------------------------ hostile input

MEGABYTE = 1_000_000
HOSTILE = {
    "brackets": "[" * MEGABYTE,
    "tags": '<a "' * (MEGABYTE // 4),
    "comments": "<!-- " * (MEGABYTE // 5),
    "commas": "1," * (MEGABYTE // 2),
    "one sentence": "o1-mini scores 70.2% on AIME 2024 and " * (MEGABYTE // 38),
    "cues": "less than a gap of " * (MEGABYTE // 19),
    "stops": ". " * (MEGABYTE // 2),
    "spans": "<table>" + "<tr><td colspan=999 rowspan=999>o1-mini<td>7%" * (MEGABYTE // 46),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("suffix", ["md", "html"])
def test_a_megabyte_made_to_be_slow_is_read_in_linear_time(
    edition: Connection, kind: str, suffix: str
) -> None:
    started = time.process_time()
    check_text(edition, HOSTILE[kind].encode(), f"text.{suffix}", LAUNCH, today=TODAY)
    assert time.process_time() - started < 60


def test_a_text_beyond_the_cap_is_refused() -> None:
    with pytest.raises(TextError, match="in parts"):
        read(b"a" * (MAX_BYTES + 1), "long.txt")
    with pytest.raises(TextError, match="no text"):
        read(b"PK\x03\x04\x00\x00", "book.zip")


ATTACK = '<script>alert(1)</script> o1-mini "onload=x" <img src=x onerror=alert(2)> scores 70.2%'


def test_the_page_escapes_the_text_and_needs_no_script(edition: Connection) -> None:
    words = f"# {ATTACK} on AIME 2024\n\n{ATTACK} on AIME 2024. o1-mini rocks 7%."
    for suffix in ("txt", "html"):
        raw = words if suffix == "txt" else f"<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>{words}"
        page = render(check_text(edition, raw.encode(), f"a.{suffix}", LAUNCH, today=TODAY))
        assert "<script" not in page
        assert "<img" not in page
        assert "default-src 'none'" in page
        assert re.findall(r'href="([^"]*)"', page)
        assert all(u.startswith("https://") for u in re.findall(r'href="([^"]*)"', page))


def test_the_page_shows_all_words_and_every_claim(edition: Connection) -> None:
    found = asked(edition, briefing(edition))
    page = render(found)
    shown = re.sub(r"<details.*?<summary>(.*?)<sup>.*?</details>", r"\1", page, flags=re.DOTALL)
    plain = re.sub(r"<[^>]+>", "", shown[shown.index("<main>") : shown.index("</main>")])
    for word in ("sacrifices breadth", "74.4% for o1-preview", "degrading average ARPU"):
        assert word in plain.replace("&#39;", "'")
    for number in range(1, len(found.claims) + 1):
        assert re.search(rf"<sup>(\d+,)*{number}(,\d+)*</sup>", page), number


# ------------------------------------------------------------------ the command

runner = CliRunner()


@pytest.fixture
def command(edition: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setattr(cli, "open_reader", lambda settings: edition.cursor())

    def run(words: str, *options: str) -> Any:
        file = tmp_path / "text.md"
        file.write_text(words)
        return runner.invoke(cli.app, ["check", str(file), "--as-of", "2024-09-12", *options])

    return run


def test_the_command_answers_a_list_of_claims_and_what_it_left(command: Any) -> None:
    answer = command("o1-mini scores 70.0% on AIME 2024. GPT-4o is liked by 9 of 10.", "--json")
    assert answer.exit_code == 0
    claim, left = json.loads(answer.stdout)
    assert {"text", "kind", "verdict", "evidence", "belongs_to"} <= set(claim)
    assert (claim["kind"], claim["verdict"]) == ("score", "supported")
    [fact] = claim["evidence"]
    assert fact["publisher"] == "OpenAI"
    assert fact["source_url"].startswith("https://")
    assert {"result_id", "published_on", "licence", "score"} <= set(fact)
    assert (left["kind"], left["verdict"]) == ("unchecked", "unverifiable")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("o1-mini scores 70.0% on AIME 2024.", 0),
        ("o1-mini scores 90.0% on AIME 2024.", 1),
        ("o1-preview scores 74.4% on AIME 2024.", 1),
        ("Nothing about models.", 0),
    ],
)
def test_the_exit_code_tells_a_writers_build_to_stop(command: Any, words: str, code: int) -> None:
    assert command(words).exit_code == code


def test_wrong_use_is_no_verdict(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runner.invoke(cli.app, ["check", "no-such-file.md"]).exit_code == 2
    assert command("a\x00b").exit_code == 2

    def closed(settings: Any) -> Any:
        raise WarehouseError("nothing is published yet; run `bellwether run` first")

    monkeypatch.setattr(cli, "open_reader", closed)
    assert command("o1-mini scores 70.0% on AIME 2024.").exit_code == 2


def test_the_command_writes_the_page(command: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert command("o1-mini scores 90% on AIME 2024.", "--html", str(page)).exit_code == 1
    assert 'class="claim contradicted"' in page.read_text()


def test_the_machines_list_is_in_the_order_of_the_text(edition: Connection) -> None:
    listed = as_list(asked(edition, briefing(edition)))
    lines = [row["line"] for row in listed]
    assert lines == sorted(lines)
    assert isinstance(asked(edition, "x").claims, tuple)
    assert all(isinstance(c, Claim) for c, _ in asked(edition, briefing(edition)).claims)
