"""Alerts against real servers on loopback: routed, told once, repeated only where refused."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from conftest import published_in
from typer.testing import CliRunner

from pipelines import alerts
from pipelines.alerts import ATTEMPT, LOOKED, AlertError, look, read_channels
from pipelines.cli import app
from pipelines.ledger import Ledger
from pipelines.settings import PROJECT, Settings
from pipelines.tables import Connection


class Hook:
    """A webhook: answers with the statuses given, in turn, then with 200; `hang` says nothing.

    `texts` is all that came, `taken` what was answered with 200.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.taken: list[str] = []
        self.answers: list[int] = []
        self.hang = False
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.texts.append(json.loads(body)["text"])
                if hook.hang:
                    self.close_connection = True
                    return
                status = hook.answers.pop(0) if hook.answers else 200
                if status == 200:
                    hook.taken.append(hook.texts[-1])
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/T0P/S3CRET"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()
    yield found
    found.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """As if the last look had been on the eve of o1-mini's launch; today is some days later."""
    made = Settings(home=tmp_path)
    Ledger(made.ledger).append(LOOKED, {"as_of": "2024-09-11"})
    return made


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "newest_fact", lambda _: date(2024, 9, 15))


def routes(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "alerts.toml"
    path.write_text(text)
    return path


def web(tmp_path: Path, hook: Hook, more: str = "") -> Path:
    return routes(tmp_path, f'[[webhook]]\nurl = "{hook.url}"\n{more}')


def test_a_change_is_told_once_however_often_it_is_looked_at(
    edition: Connection, settings: Settings, hook: Hook, tmp_path: Path
) -> None:
    channels = read_channels(web(tmp_path, hook))
    first = look(edition, settings, channels)
    assert first.problems == ()
    assert first.sent == len(hook.texts) > 0
    text = "\n".join(hook.texts)
    assert "OpenAI launched o1-mini on 2024-09-12 at $3.00 in, $12.00 out" in text
    assert "Test o1-mini on your own work" in text
    assert "|source>" in text
    assert look(edition, settings, channels).sent == 0
    # Even if the day of the last look is lost, what was told is not told again.
    Ledger(settings.ledger).append(LOOKED, {"as_of": "2024-09-11"})
    assert look(edition, settings, channels).sent == 0


def test_a_fact_dated_in_the_future_silences_nothing(
    edition: Connection, settings: Settings, hook: Hook, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(alerts, "newest_fact", lambda _: date(2099, 1, 1))
    today = Settings(home=settings.home, pretend_now=datetime(2024, 9, 15))
    assert look(edition, today, read_channels(web(tmp_path, hook))).sent > 0
    assert "OpenAI launched o1-mini on 2024-09-12" in "\n".join(hook.texts)
    assert Ledger(settings.ledger).entries(LOOKED)[-1]["as_of"] == "2024-09-15"


def test_severity_and_kind_decide_who_is_told(
    edition: Connection, settings: Settings, hook: Hook, tmp_path: Path
) -> None:
    other = Hook()
    path = routes(
        tmp_path,
        f'[[webhook]]\nname = "launches"\nurl = "{hook.url}"\nkinds = ["launch"]\n'
        f'[[webhook]]\nname = "all"\nseverity = "low"\nurl = "{other.url}"\n',
    )
    look(edition, settings, read_channels(path))
    other.close()
    assert hook.texts
    assert all("launched" in line for line in "\n".join(hook.texts).splitlines() if "•" in line)
    assert "\n".join(other.texts).count("•") > "\n".join(hook.texts).count("•")


def test_the_first_look_only_takes_its_bearings(
    edition: Connection, hook: Hook, tmp_path: Path
) -> None:
    fresh = Settings(home=tmp_path / "fresh")
    report = look(edition, fresh, read_channels(web(tmp_path, hook)))
    assert (report.found, report.sent, hook.texts) == (0, 0, [])
    assert Ledger(fresh.ledger).entries(LOOKED)[-1]["as_of"] == "2024-09-15"


@pytest.mark.parametrize("answers", [[503], [429, 500]])
def test_a_refusal_is_tried_again_at_once(
    edition: Connection, settings: Settings, hook: Hook, tmp_path: Path, answers: list[int]
) -> None:
    hook.answers = list(answers)
    report = look(edition, settings, read_channels(web(tmp_path, hook)))
    assert report.problems == ()
    assert len(hook.texts) == report.sent + len(answers)


def test_what_stays_refused_is_told_at_the_next_run(
    edition: Connection, settings: Settings, hook: Hook, tmp_path: Path
) -> None:
    hook.answers = [403] * 40
    channels = read_channels(web(tmp_path, hook))
    report = look(edition, settings, channels)
    assert report.sent == 0
    assert "refused: answered 403" in report.problems[0]
    hook.answers, hook.texts = [], []
    assert look(edition, settings, channels).sent == len(hook.texts) > 0


def test_what_may_have_arrived_is_never_sent_again(
    edition: Connection, settings: Settings, hook: Hook, tmp_path: Path
) -> None:
    hook.hang = True
    channels = read_channels(web(tmp_path, hook))
    report = look(edition, settings, channels)
    assert "may have arrived" in report.problems[0]
    told = len(hook.texts)
    hook.hang = False
    assert look(edition, settings, channels).sent == 0
    assert len(hook.texts) == told


def test_a_crash_between_attempt_and_outcome_sends_nothing_twice(
    edition: Connection, settings: Settings, hook: Hook, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    channels = read_channels(web(tmp_path, hook))
    keep = Ledger.append

    def crash(self: Ledger, kind: str, entry: dict[str, object], at: object = None) -> object:
        if kind == alerts.OUTCOME:
            raise KeyboardInterrupt
        return keep(self, kind, entry)

    monkeypatch.setattr(Ledger, "append", crash)
    with pytest.raises(KeyboardInterrupt):
        look(edition, settings, channels)
    monkeypatch.undo()
    monkeypatch.setattr(alerts, "newest_fact", lambda _: date(2024, 9, 15))
    first = hook.texts[0]
    look(edition, settings, channels)
    assert hook.texts.count(first) == 1


def test_a_dead_server_shows_no_secret(
    edition: Connection, settings: Settings, hook: Hook, tmp_path: Path
) -> None:
    channels = read_channels(web(tmp_path, hook))
    hook.server.shutdown()
    hook.server.server_close()
    report = look(edition, settings, channels)
    assert "no connection" in report.problems[0]
    assert "S3CRET" not in str(report) + settings.ledger.read_text()


def test_names_from_feeds_are_no_markup(
    edition: Connection, settings: Settings, hook: Hook, tmp_path: Path
) -> None:
    cursor = edition.cursor()
    cursor.execute("begin")
    try:
        cursor.execute("update core.models set name = '<!channel> & x' where name = 'o1-mini'")

        market = alerts.read_market(cursor, alerts.Facts(), date(2024, 9, 15), date(2024, 9, 15),
                                    date(2024, 9, 15), True)  # fmt: skip
        before, now = alerts.snapshots(
            market, [(d, d) for d in (date(2024, 9, 11), date(2024, 9, 15))]
        )
        text = alerts.words(alerts.changes(market, before, now), "slack", date(2024, 9, 15))
    finally:
        cursor.execute("rollback")
    assert "&lt;!channel&gt; &amp; x" in text
    assert "<!channel>" not in text


# ------------------------------------------------------------------ mail


class Inbox(Message):
    """Keeps what arrives; `refuse` is an answer to give instead."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[object] = []
        self.refuse = ""

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        if self.refuse:
            return self.refuse
        return await super().handle_DATA(server, session, envelope)  # type: ignore[no-any-return]

    def handle_message(self, message: object) -> None:
        self.messages.append(message)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    handler, port = Inbox(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def mail_route(tmp_path: Path, port: int) -> Path:
    return routes(
        tmp_path,
        f'[[email]]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nfrom = "b@example.org"\n'
        'to = ["ops@example.org", "boss@example.org"]\n',
    )


def test_mail_arrives_once_with_source_and_subject(
    edition: Connection, settings: Settings, inbox: tuple[Inbox, int], tmp_path: Path
) -> None:
    handler, port = inbox
    channels = read_channels(mail_route(tmp_path, port))
    report = look(edition, settings, channels)
    assert report.problems == ()
    assert len(handler.messages) == report.sent >= 1
    message = handler.messages[0]
    assert message["Subject"].startswith("Model market: ")  # type: ignore[index]
    body = message.get_payload(decode=True).decode()  # type: ignore[attr-defined]
    assert "OpenAI launched o1-mini" in body
    assert "Source: OpenAI, 2024-09-12" in body
    assert look(edition, settings, channels).sent == 0


def test_mail_that_is_refused_for_now_is_told_later(
    edition: Connection, settings: Settings, inbox: tuple[Inbox, int], tmp_path: Path
) -> None:
    handler, port = inbox
    handler.refuse = "451 try again later"
    channels = read_channels(mail_route(tmp_path, port))
    report = look(edition, settings, channels)
    assert "answered 451" in report.problems[0]
    handler.refuse = ""
    assert look(edition, settings, channels).sent == len(handler.messages) > 0


# ------------------------------------------------------------------ routes


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[pager]]", "no entry is called pager"),
        ('[webhook]\nurl = "https://x"', "two brackets"),
        ('[[webhook]]\nurl = "http://example.org"', "https://"),
        ('[[webhook]]\nurl = "https://x"\nseverity = "huge"', "severity is one of"),
        ('[[webhook]]\nurl_variable = "NO_SUCH_VARIABLE"', "NO_SUCH_VARIABLE is not set"),
        ('[[webhook]]\nurl = "https://x"\nchannel = "#a"', "no entry channel"),
        ("[[email]]\nto = []", "needs `from`"),
        ('[[email]]\nfrom = "a"\nto = ["b"]\ntls = "none"\nuser = "u"', "without tls"),
        ('[[webhook]]\nname = "a"\nurl = "https://x"\n[[webhook]]\nname = "a"\nurl = "https://x"',
         "same name"),
    ],
)  # fmt: skip
def test_routes_that_cannot_be_used_say_why(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(AlertError, match=complaint):
        read_channels(routes(tmp_path, text))


def test_the_example_is_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLWETHER_SLACK_URL", "https://hooks.example.org/x")
    monkeypatch.setenv("BELLWETHER_SMTP_USER", "u")
    monkeypatch.setenv("BELLWETHER_SMTP_PASSWORD", "p")
    found = read_channels(PROJECT / "reports" / "alerts.example.toml")
    assert [c.name for c in found] == ["market channel", "operators"]


def test_alerts_are_off_until_somebody_names_routes(
    edition: Connection, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path))
    published_in(edition, Settings(home=tmp_path))
    run = CliRunner().invoke
    assert run(app, ["alert"]).exit_code == 2
    monkeypatch.setenv("BELLWETHER_ALERTS", str(web(tmp_path, hook)))
    Ledger(Settings().ledger).append(LOOKED, {"as_of": "2024-09-11"})
    done = run(app, ["alert"])
    assert done.exit_code == 0, done.output
    assert Ledger(Settings().ledger).entries(ATTEMPT)
    assert hook.texts
