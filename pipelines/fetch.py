"""Downloads one source politely and safely: conditional, bounded in size, time and redirects."""

import ipaddress
import os
import socket
import time
from importlib.metadata import version
from urllib.parse import urljoin, urlsplit

import httpx
import stamina

from pipelines.raw import Fetch, Snapshots, new_fetch
from pipelines.settings import Settings
from pipelines.sources import Source

MAX_REDIRECTS = 3
ATTEMPTS = 3
RETRY_STATUSES = {429, 500, 502, 503, 504}
USER_AGENT = f"Bellwether/{version('bellwether')} (market-intelligence pipeline)"

#: Retries are the fetch log's business; stamina would print each.
stamina.instrumentation.set_on_retry_hooks([])


class FetchProblem(Exception):
    """A download that did not give a payload; the message says why, for the log."""


class _Retry(FetchProblem):
    pass


def _check_address(url: str, is_redirect: bool) -> None:
    """Refuse what is not http(s), and redirects into private networks."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise FetchProblem(f"refused: {parts.scheme or 'no'} address")
    if not is_redirect:
        return
    for family in socket.getaddrinfo(parts.hostname, None):
        if not ipaddress.ip_address(family[4][0]).is_global:
            raise FetchProblem("refused: redirect to a private address")


def download(
    url: str, headers: dict[str, str], timeout_s: float, max_bytes: int
) -> tuple[httpx.Response, bytes]:
    """GET `url` within limits; raises FetchProblem. Bytes are counted inflated, while streaming.

    `iter_bytes()` hands over each piece as it arrives, so that neither a slow drip nor a
    compression bomb outlives the deadline or the cap.
    """
    deadline = time.monotonic() + timeout_s
    timeout = httpx.Timeout(min(20.0, timeout_s), connect=min(10.0, timeout_s))
    with httpx.Client(timeout=timeout, trust_env=True, follow_redirects=False) as client:
        for hop in range(MAX_REDIRECTS + 1):
            _check_address(url, hop > 0)
            with client.stream("GET", url, headers=headers) as response:
                if response.has_redirect_location:
                    target = urljoin(url, response.headers["location"])
                    if urlsplit(target)[:2] != urlsplit(url)[:2]:  # a key is for its origin only
                        headers = {k: v for k, v in headers.items() if k != "Authorization"}
                    url = target
                    continue
                if response.status_code in RETRY_STATUSES:
                    raise _Retry(f"HTTP {response.status_code}")
                pieces: list[bytes] = []
                size = 0
                for piece in response.iter_bytes():
                    size += len(piece)
                    if size > max_bytes:
                        raise FetchProblem(f"larger than {max_bytes:,} bytes")
                    if time.monotonic() > deadline:
                        raise FetchProblem(f"took longer than {timeout_s:.0f} s")
                    pieces.append(piece)
                return response, b"".join(pieces)
    raise FetchProblem(f"more than {MAX_REDIRECTS} redirects")


def fetch(source: Source, snapshots: Snapshots, settings: Settings, part: str = "") -> Fetch:
    """Read one part of a source and keep what it served; never raises for the source's failure."""
    now = settings.now()
    url = source.url_of(part)
    if settings.replay_url:
        url = f"{settings.replay_url}/{source.name}/{part}".rstrip("/")
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
    if source.key_variable:
        headers["Authorization"] = f"Bearer {os.environ[source.key_variable]}"
    past = [
        f
        for f in snapshots.fetches()
        if f.source == source.name and f.part == part and f.status != "failed"
    ]
    last = max(past, key=lambda f: f.fetched_at, default=None)
    if last and last.etag:
        headers["If-None-Match"] = last.etag
    if last and last.last_modified:
        headers["If-Modified-Since"] = last.last_modified
    try:
        for attempt in stamina.retry_context(
            on=(_Retry, httpx.TransportError), attempts=ATTEMPTS, timeout=settings.fetch_timeout_s
        ):
            with attempt:
                response, payload = download(
                    url, headers, settings.fetch_timeout_s, settings.fetch_max_bytes
                )
    except (FetchProblem, httpx.HTTPError, OSError, httpx.InvalidURL, ValueError) as problem:
        words = f"{type(problem).__name__.lstrip('_')}: {problem}"
        return new_fetch(source.name, url, now, "failed", None, problem=words, part=part)
    kept = {
        "http_status": response.status_code,
        "etag": response.headers.get("etag"),
        "last_modified": response.headers.get("last-modified"),
    }
    if response.status_code == 304 and last:
        kept = {"http_status": 304, "etag": last.etag, "last_modified": last.last_modified}
        return new_fetch(
            source.name, url, now, "unchanged", None, sha256=last.sha256, part=part, **kept
        )
    if response.status_code != 200:
        code = response.status_code
        return new_fetch(
            source.name, url, now, "failed", None,
            problem=f"HTTP {code}", http_status=code, part=part,
        )  # fmt: skip
    snapshots.keep(payload)
    return new_fetch(source.name, url, now, "ok", payload, part=part, **kept)


def take_offline_edition(source: Source, snapshots: Snapshots, settings: Settings) -> Fetch | None:
    """Keep the data an installed package brings, once per content."""
    if source.offline_edition is None:
        return None
    payload = source.offline_edition()
    sha256 = snapshots.keep(payload)
    if any(f.source == source.name and f.sha256 == sha256 for f in snapshots.fetches()):
        return None
    return new_fetch(source.name, source.url, settings.now(), "ok", payload)


def why_skipped(source: Source) -> str | None:
    """What is missing to read a source, in words; null if nothing is."""
    if source.key_variable and not os.environ.get(source.key_variable):
        return f"skipped: set {source.key_variable} to read it"
    return None


def read_source(source: Source, snapshots: Snapshots, settings: Settings) -> list[Fetch]:
    """All attempts due for a source now: its live parts, or its offline edition, or none."""
    if settings.offline:
        edition = take_offline_edition(source, snapshots, settings)
        return [edition] if edition else []
    if not source.is_live or why_skipped(source):
        return []
    attempts = [fetch(source, snapshots, settings, part) for part in source.live_parts]
    # In a replay of another day the package of today would be knowledge that day did not have.
    if settings.replay_url is None and all(a.status == "failed" for a in attempts):
        edition = take_offline_edition(source, snapshots, settings)
        attempts += [edition] if edition else []
    return attempts
