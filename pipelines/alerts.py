"""Tells people what changed: by Slack-compatible webhooks and by e-mail, as a file of routes says.

Off unless `BELLWETHER_ALERTS` names such a file. Words are those of the issues' own templates. What
was sent stands in the ledger before and after each attempt, so that no change is told twice on a
channel: an attempt that may have arrived is never repeated, one that was refused is.
"""

import fcntl
import hashlib
import os
import smtplib
import ssl
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import stamina
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from pipelines.briefings.changes import SEVERITIES, Change, changes, ranked, snapshots
from pipelines.briefings.facts import Facts, Figure, plain
from pipelines.briefings.market import Market, newest_fact, read_market, rows
from pipelines.briefings.render import environment
from pipelines.ledger import Ledger, LedgerError
from pipelines.settings import Settings
from pipelines.warehouse import Connection

__all__ = ["AlertError", "LedgerError", "look", "read_channels"]

ATTEMPT, OUTCOME, LOOKED = "alert attempt", "alert outcome", "alert looked"
SENT, REFUSED, UNSURE = "sent", "refused", "unsure"
#: Changes in one message, and seconds a server may take.
PER_MESSAGE, PATIENCE = 15, 15.0
TRIES = 4


class AlertError(Exception):
    """Routes that cannot be used; the message says which entry and why, and shows no secret."""


class Refused(Exception):
    """The other side surely did not take the message."""


class Unsure(Exception):
    """The message may have arrived."""


@dataclass(frozen=True)
class Channel:
    """Where alerts of at least a severity go. `name` is what logs and the ledger call it."""

    name: str
    severity: str
    kinds: tuple[str, ...]
    send: Callable[[str, str, str], None]
    format: str

    def wants(self, change: Change) -> bool:
        """Severe enough, and of a kind asked for."""
        is_severe = SEVERITIES.index(change.severity) <= SEVERITIES.index(self.severity)
        return is_severe and (not self.kinds or change.kind in self.kinds)


@dataclass(frozen=True)
class Report:
    """What one look came to: changes found, messages sent, and what went wrong."""

    found: int
    sent: int
    problems: tuple[str, ...]


# ------------------------------------------------------------------ routes


def read_channels(path: Path) -> list[Channel]:
    """The routes of a file. Raises AlertError."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AlertError(f"{path}: no such file; BELLWETHER_ALERTS must name one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AlertError(f"{path}: {error}") from error
    if unknown := sorted(set(given) - {"webhook", "email"}):
        raise AlertError(f"{path}: no entry is called {unknown[0]}; there are email, webhook")
    channels = [
        *(_webhook(path, number, entry) for number, entry in _entries(path, given, "webhook")),
        *(_email(path, number, entry) for number, entry in _entries(path, given, "email")),
    ]
    names = [channel.name for channel in channels]
    if len(set(names)) < len(names):
        raise AlertError(f"{path}: two entries have the same name; give each its own")
    return channels


def _entries(path: Path, given: Mapping[str, Any], kind: str) -> Iterator[tuple[int, Any]]:
    found = given.get(kind, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise AlertError(f"{path}: write [[{kind}]], with two brackets")
    return enumerate(found, start=1)


def _common(path: Path, where: str, entry: dict[str, Any], keys: set[str]) -> tuple[str, Any]:
    if unknown := sorted(set(entry) - keys - {"name", "severity", "kinds"}):
        raise AlertError(f"{path}: {where} has no entry {unknown[0]}")
    severity = entry.get("severity", "high")
    if severity not in SEVERITIES:
        raise AlertError(f"{path}: {where}: severity is one of {', '.join(SEVERITIES)}")
    kinds = entry.get("kinds", [])
    if not isinstance(kinds, list) or not all(isinstance(k, str) for k in kinds):
        raise AlertError(f"{path}: {where}: kinds must be a list of words")
    return severity, tuple(kinds)


def _secret(path: Path, where: str, entry: Mapping[str, Any], key: str) -> str:
    """A value, or that of the environment variable which `<key>_variable` names."""
    variable = entry.get(f"{key}_variable")
    value = os.environ.get(str(variable), "") if variable else entry.get(key, "")
    if variable and not value:
        raise AlertError(f"{path}: {where}: the variable {variable} is not set")
    return str(value)


def _webhook(path: Path, number: int, entry: dict[str, Any]) -> Channel:
    where = f"webhook {number}"
    severity, kinds = _common(path, where, entry, {"url", "url_variable"})
    url = _secret(path, where, entry, "url")
    if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise AlertError(f"{path}: {where}: url must begin with https:// (http on localhost only)")

    def send(_subject: str, text: str, _key: str) -> None:
        post(url, text)

    return Channel(str(entry.get("name", where)), severity, kinds, send, "slack")


def _email(path: Path, number: int, entry: dict[str, Any]) -> Channel:
    where = f"email {number}"
    keys = {"host", "port", "from", "to", "tls", "user", "user_variable", "password_variable"}
    severity, kinds = _common(path, where, entry, keys)
    to = entry.get("to", [])
    if not entry.get("from") or not isinstance(to, list) or not to:
        raise AlertError(f"{path}: {where}: needs `from` and a list `to`")
    tls = entry.get("tls", "starttls")
    if tls not in ("starttls", "implicit", "none"):
        raise AlertError(f"{path}: {where}: tls is starttls, implicit or none")
    user = _secret(path, where, entry, "user")
    password = _secret(path, where, entry, "password") if user else ""
    if user and tls == "none":
        raise AlertError(f"{path}: {where}: a password must not be sent without tls")

    def send(subject: str, text: str, key: str) -> None:
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, entry["from"], ", ".join(to)
        message["Message-ID"] = f"<{key}@bellwether.invalid>"
        message["Date"] = format_datetime(Settings().now())
        message.set_content(text)
        mail(str(entry.get("host", "localhost")), int(entry.get("port", 587)), tls, user, password,
             message)  # fmt: skip

    return Channel(str(entry.get("name", where)), severity, kinds, send, "text")


# ------------------------------------------------------------------ sending


@stamina.retry(on=Refused, attempts=TRIES, wait_initial=0.3, wait_max=5.0, timeout=60.0)
def post(url: str, text: str) -> None:
    """Post to a Slack-compatible webhook. Raises Refused or Unsure, and never shows the URL."""
    try:
        with httpx.Client(timeout=PATIENCE, follow_redirects=False, trust_env=False) as client:
            answer = client.post(url, json={"text": text})
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Refused(f"no connection ({type(error).__name__})") from None
    except httpx.HTTPError as error:
        raise Unsure(f"no answer ({type(error).__name__})") from None
    if answer.status_code >= 300:
        raise Refused(f"answered {answer.status_code}")


@stamina.retry(on=Refused, attempts=TRIES, wait_initial=0.3, wait_max=5.0, timeout=60.0)
def mail(host: str, port: int, tls: str, user: str, password: str, message: EmailMessage) -> None:
    """Hand a message to a mail server. Raises Refused or Unsure."""
    try:
        context = ssl.create_default_context()
        server: smtplib.SMTP = (
            smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context)
            if tls == "implicit"
            else smtplib.SMTP(host, port, timeout=PATIENCE)
        )
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(f"no connection ({type(error).__name__})") from None
    with server:
        try:
            if tls == "starttls":
                server.starttls(context=context)
            if user:
                server.login(user, password)
        except (OSError, smtplib.SMTPException) as error:
            raise Refused(f"not let in ({type(error).__name__})") from None
        try:
            refused = server.send_message(message)
        except smtplib.SMTPResponseException as error:
            raise Refused(f"answered {error.smtp_code}") from None
        except smtplib.SMTPRecipientsRefused:
            raise Refused("no recipient was accepted") from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unsure(f"no answer ({type(error).__name__})") from None
        if refused:
            raise Unsure(f"{len(refused)} of the recipients were not accepted")


# ------------------------------------------------------------------ words


def _shown(form: str) -> Callable[[Any], str]:
    """How a value stands in a message: figures as their text, marked where they must be."""

    def show(value: Any) -> str:
        if isinstance(value, Figure):
            text = value.text + (f" ({value.fact.mark})" if value.fact.mark else "")
        elif hasattr(value, "__html__"):
            return str(value)
        else:
            text = "unknown" if value is None else plain(value)
        # Slack reads these three as markup: a name must not ring everybody's bell.
        if form == "slack":
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return text

    return show


def words(found: Sequence[Change], form: str, as_of: date) -> str:
    """A message about changes, in Slack's markup or as plain text."""
    show = _shown(form)

    @pass_context
    def finalize(_context: Context, value: Any) -> Markup:
        return Markup(show(value))

    def listed(values: Sequence[Any]) -> Markup:
        shown = [show(value) for value in values]
        if len(shown) < 2:
            return Markup("".join(shown))
        return Markup(f"{', '.join(shown[:-1])} and {shown[-1]}")

    made = environment(finalize)
    made.filters["listed"] = listed
    template = made.get_template(f"alert.{form}.j2")
    return template.render(
        changes=[(change, _source(change)) for change in found], as_of=as_of
    ).strip()


def _source(change: Change) -> Any:
    """The fact that best says where a change is stated: one with an address first."""
    facts = [f.fact for f in change.figures.values() if isinstance(f, Figure)]
    return next((f for f in facts if f.link), facts[0] if facts else None)


# ------------------------------------------------------------------ looking and telling


def look(connection: Connection, settings: Settings, channels: Sequence[Channel]) -> Report:
    """Find what changed since the last look and tell it. The first look only takes its bearings.

    `connection` reads the published warehouse.
    """
    ledger = Ledger(settings.ledger)
    with _alone(settings.data / "alerts.lock"):
        # A fact dated tomorrow, by mistake or malice, must not silence what happens until then.
        newest = min(newest_fact(connection), settings.now().date())
        looked = ledger.entries(LOOKED)
        cursor = connection.cursor()
        try:
            market = read_market(cursor, Facts(), newest, newest, newest, True)
            found = sources_down(market)
            if looked:
                since = date.fromisoformat(looked[-1]["as_of"])
                before, now = snapshots(market, [(since, since), (newest, newest)])
                found = ranked([*changes(market, before, now), *found])
            else:
                found = []
        finally:
            cursor.close()
        sent, problems, is_refused = _tell_all(ledger, channels, found, newest)
        # What was refused is found again next time: its changes lie after the day kept here.
        if not is_refused and (not looked or looked[-1]["as_of"] != newest.isoformat()):
            ledger.append(LOOKED, {"as_of": newest.isoformat()})
    return Report(len(found), sent, problems)


def tell(settings: Settings, channels: Sequence[Channel], found: Sequence[Change]) -> Report:
    """Tell what the pipeline itself met with; each once on a channel, however often given."""
    with _alone(settings.data / "alerts.lock"):
        today = settings.now().date()
        sent, problems, _ = _tell_all(Ledger(settings.ledger), channels, found, today)
    return Report(len(found), sent, problems)


def _tell_all(
    ledger: Ledger, channels: Sequence[Channel], found: Sequence[Change], as_of: date
) -> tuple[int, tuple[str, ...], bool]:
    """Messages sent, what went wrong, and whether anything was refused."""
    sent, problems = 0, []
    is_refused = False
    for channel in channels:
        told = _told(ledger, channel.name)
        new = [c for c in found if channel.wants(c) and c.change_id not in told]
        for at in range(0, len(new), PER_MESSAGE):
            outcome, problem = _tell(ledger, channel, new[at : at + PER_MESSAGE], as_of)
            sent += outcome == SENT
            is_refused = is_refused or outcome == REFUSED
            if problem:
                problems.append(f"{channel.name}: {problem}")
    return sent, tuple(problems), is_refused


def sources_down(market: Market) -> list[Change]:
    """Sources of which a part could not be read; told once, by when that began."""
    return [
        Change(
            kind="source down",
            severity="medium",
            on=market.as_of,
            subject=str(row["title"]),
            model_id=None,
            key=f"{row['source']}|{row['failing_since']}",
            figures={
                "problem": row["problem"],
                "since": row["failing_since"].date(),
            },
        )
        for row in rows(
            market.connection,
            "select source, title, problem, failing_since from marts.source_health "
            "where problem is not null order by source",
        )
    ]


def _told(ledger: Ledger, channel: str) -> set[str]:
    """Changes that were sent on a channel, or may have been."""
    refused = {e["attempt"] for e in ledger.entries(OUTCOME) if e["outcome"] == REFUSED}
    return {
        change
        for entry in ledger.entries(ATTEMPT)
        if entry["channel"] == channel and entry["checksum"] not in refused
        for change in entry["changes"]
    }


def _tell(
    ledger: Ledger, channel: Channel, found: Sequence[Change], as_of: date
) -> tuple[str, str | None]:
    ids = [change.change_id for change in found]
    text = words(found, channel.format, as_of)
    subject = f"Model market: {plain(found[0].subject)}" + (
        f" and {len(found) - 1} more" if len(found) > 1 else ""
    )
    attempt = ledger.append(ATTEMPT, {"channel": channel.name, "changes": ids})
    key = hashlib.sha256("|".join((channel.name, *ids)).encode()).hexdigest()[:32]
    outcome, problem = SENT, None
    try:
        channel.send(subject, text, key)
    except Refused as error:
        outcome, problem = REFUSED, f"refused: {error}; tried again at the next run"
    except Unsure as error:
        outcome, problem = UNSURE, f"{error}; it may have arrived, so it is not sent again"
    ledger.append(OUTCOME, {"attempt": attempt["checksum"], "outcome": outcome})
    return outcome, problem


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One look at a time, whoever starts it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
