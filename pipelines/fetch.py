"""Downloads all sources at once, politely and safely: conditional, paced, bounded, complete.

Addresses and connections are `pipelines.transport`'s matter; what a payload says is the parsers'.
"""

import asyncio
import contextlib
import os
import queue
import random
import re
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from types import TracebackType

import httpx
import stamina

from pipelines import raw
from pipelines.bodies import FetchProblem, read_body, sniff
from pipelines.settings import Settings
from pipelines.snapshots import Fetch, Snapshots, new_fetch
from pipelines.sources import PayloadError, Source
from pipelines.transport import Refused, Transport
from pipelines.warehouse import Connection

MAX_REDIRECTS = 3
ATTEMPTS = 3
#: More pages than this is a server that does not end its list.
MAX_PAGES = 100
RETRY_STATUSES = {408, 425, 429, 500, 502, 503, 504}
#: All that may follow a redirect to another origin: a key is for the origin it was made for.
HARMLESS_HEADERS = {"user-agent", "accept-encoding", "if-none-match", "if-modified-since"}

#: Retries are the fetch log's business; stamina would print each.
stamina.instrumentation.set_on_retry_hooks([])


class Passing(FetchProblem):
    """A problem that may be over soon; the server may have said how soon."""

    def __init__(self, words: str, retry_after_s: float | None):
        super().__init__(words)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Answer:
    """What a server answered, redirects followed; the body inflated."""

    status: int
    body: bytes
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Download:
    """An attempt as it will be logged, and the payload to keep, if it gave one."""

    fetch: Fetch
    payload: bytes | None = None


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds a server asks to wait, from a number or an HTTP date; null if it says nothing."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


# ------------------------------------------------------------------ asking


class Pace:
    """How fast one host is asked: so many requests at once, so many a second."""

    def __init__(self, at_once: int, per_second: float):
        self.slots = asyncio.Semaphore(at_once)
        self.interval = 1 / per_second
        self.next_at = 0.0

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a slot and its moment, and hold the slot."""
        async with self.slots:
            now = asyncio.get_running_loop().time()
            begin = max(now, self.next_at)
            self.next_at = begin + self.interval
            await asyncio.sleep(begin - now)
            yield


class Budget:
    """Time left for one download: its attempts and the waits between, not its turn in the queue."""

    def __init__(self, seconds: float):
        self.left = seconds

    @contextlib.asynccontextmanager
    async def spend(self) -> AsyncIterator[None]:
        """Raise TimeoutError once the time is up, whatever the server does or fails to do."""
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            async with asyncio.timeout(self.left):
                yield
        finally:
            self.left -= clock() - started


class Downloader:
    """One run's connections and paces, shared by all its downloads."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.paces: dict[str, Pace] = defaultdict(
            lambda: Pace(settings.fetch_per_host, settings.fetch_per_host_per_second)
        )
        private = {host.lower() for host in settings.fetch_private_hosts}
        if settings.replay_url:
            private.add(httpx.URL(settings.replay_url).host)
        connect = settings.fetch_connect_timeout_s
        self.client = httpx.AsyncClient(
            transport=Transport(private, connect),
            timeout=httpx.Timeout(settings.fetch_read_timeout_s, connect=connect, pool=None),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,  # proxies and certificates are the transport's; .netrc is nobody's
        )

    async def __aenter__(self) -> "Downloader":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.client.aclose()

    async def _body(self, response: httpx.Response) -> bytes:
        known = self.settings
        return await read_body(response, known.fetch_max_wire_bytes, known.fetch_max_bytes)

    async def _ask(self, url: httpx.URL, headers: Mapping[str, str]) -> Answer:
        """GET once, redirects followed. Raises Passing, FetchProblem, Refused, httpx errors."""
        for _ in range(MAX_REDIRECTS + 1):
            if url.scheme not in {"http", "https"} or not url.host:
                raise Refused(f"{url.scheme or 'no'} address")
            request = self.client.build_request("GET", url, headers=dict(headers))
            response = await self.client.send(request, stream=True)
            try:
                if response.has_redirect_location:
                    target = url.join(response.headers["location"])
                    if target.userinfo:
                        raise Refused("redirect to an address with a password")
                    if url.scheme == "https" and target.scheme == "http":
                        raise Refused("redirect from https to http")
                    if _origin(target) != _origin(url):
                        headers = {n: v for n, v in headers.items() if n in HARMLESS_HEADERS}
                    url = target
                    continue
                if response.status_code in RETRY_STATUSES:
                    wait = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
                    asked = "" if wait is None else f", asks to wait {wait:.0f} s"
                    raise Passing(f"HTTP {response.status_code}{asked}", wait)
                return Answer(
                    response.status_code,
                    await self._body(response) if response.status_code == 200 else b"",
                    response.headers.get("etag"),
                    response.headers.get("last-modified"),
                )
            finally:
                await response.aclose()
        raise FetchProblem(f"more than {MAX_REDIRECTS} redirects")

    async def _ask_again(
        self, url: httpx.URL, headers: Mapping[str, str], pace: Pace, budget: Budget
    ) -> Answer:
        """GET at the host's pace, again while the trouble may pass and the time allows."""

        def may_pass(problem: Exception) -> bool | float:
            if isinstance(problem, Passing) and problem.retry_after_s is not None:
                wait = problem.retry_after_s + random.uniform(0, 0.25)
                if wait > min(self.settings.fetch_longest_wait_s, budget.left):
                    return False  # asking sooner than told would be rude, waiting too long
                budget.left -= wait
                return wait
            return isinstance(problem, Passing | httpx.TransportError)

        async for attempt in stamina.retry_context(
            on=may_pass, attempts=ATTEMPTS, timeout=None, wait_initial=0.5, wait_max=8.0
        ):
            with attempt:
                async with pace.turn(), budget.spend():
                    return await self._ask(url, headers)
        raise AssertionError("stamina raises the last problem")

    async def download(self, source: Source, part: str, headers: Mapping[str, str]) -> Answer:
        """All pages of one part: alone as it came, several as a JSON list of the pages."""
        settings = self.settings
        url = httpx.URL(address(source, part, settings))
        # A replay serves many hosts from one: each keeps the pace of its own.
        pace = self.paces[httpx.URL(source.url).host]
        budget = Budget(settings.fetch_timeout_s)
        first = await self._ask_again(url, headers, pace, budget)
        if first.status != 200:
            return first
        pages: list[bytes] = []
        asked = {url}
        page, at = first, url
        while True:
            if words := sniff(page.body, source.suffix(part)):
                raise FetchProblem(words)
            pages.append(page.body)
            following = source.next_page(page.body) if source.next_page else None
            if following is None:
                break
            at = at.join(following)
            number = len(pages) + 1
            if _origin(at) != _origin(url):
                raise Refused(f"page {number} is on another host")
            if at in asked or number > MAX_PAGES:
                raise FetchProblem(f"pages without end: {len(pages)} read")
            asked.add(at)
            page = await self._ask_again(at, _unconditional(headers), pace, budget)
            if page.status != 200:
                raise FetchProblem(f"incomplete: page {number} answered HTTP {page.status}")
            if sum(map(len, pages)) + len(page.body) > settings.fetch_max_bytes:
                raise FetchProblem(f"larger than {settings.fetch_max_bytes:,} bytes")
        if len(pages) == 1:
            return first
        # The first page's validators say nothing of the others.
        return Answer(200, b"[" + b",".join(pages) + b"]")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _unconditional(headers: Mapping[str, str]) -> dict[str, str]:
    return {n: v for n, v in headers.items() if not n.startswith("if-")}


def address(source: Source, part: str, settings: Settings) -> str:
    """Where a part is read: at its publisher's, or from the replay server."""
    if settings.replay_url:
        return f"{settings.replay_url}/{source.name}/{part}".rstrip("/")
    return source.url_of(part)


def _headers(source: Source, last: Fetch | None, settings: Settings) -> dict[str, str]:
    contact = f"; {settings.fetch_contact}" if settings.fetch_contact else ""
    headers = {
        "user-agent": f"Bellwether/{version('bellwether')} (market-intelligence pipeline{contact})",
        "accept-encoding": "gzip",
    }
    if last and last.etag:
        headers["if-none-match"] = last.etag
    if last and last.last_modified:
        headers["if-modified-since"] = last.last_modified
    if source.key_variable and not settings.replay_url:
        key = os.environ[source.key_variable].strip()
        if not re.fullmatch(r"[!-~]+", key):  # h11's own complaint would print the key
            raise FetchProblem(f"{source.key_variable} holds characters no key may have")
        name, _, form = source.key_header.partition(": ")
        headers[name.lower()] = form.format(key=key)
    return headers


async def fetch(downloader: Downloader, source: Source, part: str, last: Fetch | None) -> Download:
    """Read one part of a source, if it is not as in `last`; never raises for its failure."""
    settings = downloader.settings
    now = settings.now()
    url = address(source, part, settings)

    def failed(words: str, http_status: int | None = None) -> Download:
        return Download(
            new_fetch(
                source.name, url, now, "failed", None,
                problem=words, http_status=http_status, part=part,
            )
        )  # fmt: skip

    try:
        answer = await downloader.download(source, part, _headers(source, last, settings))
    except Refused as problem:
        return failed(f"refused: {problem}")
    except (FetchProblem, PayloadError) as problem:
        return failed(str(problem))
    except TimeoutError:
        return failed(f"took longer than {settings.fetch_timeout_s:g} s")
    except Exception as problem:  # whatever a server or a library does: this source only
        return failed(f"{type(problem).__name__}: {problem}".removesuffix(": "))
    if answer.status == 304 and last:
        unchanged = new_fetch(
            source.name, url, now, "unchanged", None, sha256=last.sha256, part=part,
            http_status=304, etag=last.etag, last_modified=last.last_modified,
        )  # fmt: skip
        return Download(unchanged)
    if answer.status != 200:
        return failed(f"HTTP {answer.status}", answer.status)
    ok = new_fetch(
        source.name, url, now, "ok", answer.body, part=part,
        http_status=200, etag=answer.etag, last_modified=answer.last_modified,
    )  # fmt: skip
    return Download(ok, answer.body)


# ------------------------------------------------------------------ all sources


@contextlib.contextmanager
def downloading(
    wanted: Iterable[Source], last_good: Mapping[tuple[str, str], Fetch], settings: Settings
) -> Iterator[Iterator[tuple[Source, list[Download]]]]:
    """Start reading all live parts of all sources at once; gives the sources as they complete.

    `last_good` holds, by source and part, the last fetch whose payload was accepted: only what
    was read well may be answered with "unchanged". Leaving the block ends what still runs.
    """
    results: queue.SimpleQueue[tuple[Source, list[Download]] | Exception | None]
    results = queue.SimpleQueue()
    waiting = list(wanted)
    has_started = threading.Event()
    cancel: list[Callable[[], object]] = []

    async def one(downloader: Downloader, source: Source) -> None:
        parts = [
            fetch(downloader, source, part, last_good.get((source.name, part)))
            for part in source.live_parts
        ]
        results.put((source, list(await asyncio.gather(*parts))))

    async def everything() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        cancel.append(lambda: loop.call_soon_threadsafe(task.cancel))
        has_started.set()
        async with Downloader(settings) as downloader:
            await asyncio.gather(*(one(downloader, source) for source in waiting))

    def work() -> None:
        try:
            asyncio.run(everything())
        except asyncio.CancelledError:
            pass
        except Exception as problem:  # nothing of a source's: those are in its log entry
            results.put(problem)
        finally:
            has_started.set()
            results.put(None)

    def come() -> Iterator[tuple[Source, list[Download]]]:
        while (result := results.get()) is not None:
            if isinstance(result, Exception):
                raise result
            yield result

    thread = threading.Thread(target=work, name="downloads", daemon=True)
    thread.start()
    try:
        yield come()
    finally:
        has_started.wait()
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            for end in cancel:
                end()
        thread.join(timeout=10)


def why_skipped(source: Source) -> str | None:
    """What is missing to read a source, in words; null if nothing is."""
    if source.is_live and source.key_variable and not os.environ.get(source.key_variable):
        return f"skipped: set {source.key_variable} to read it"
    return None


def take_offline_edition(
    source: Source, connection: Connection, snapshots: Snapshots, settings: Settings
) -> Iterator[Fetch]:
    """Keep what an installed package brings, once per content, as of the day it was published."""
    if source.offline_edition is None:
        return
    payload, published_on = source.offline_edition()
    if not raw.holds(connection, source, snapshots.keep(payload)):
        now = settings.now()
        if published_on is not None:
            now = min(now, datetime.combine(published_on, time.min, UTC))
        yield new_fetch(source.name, source.url, now, "ok", payload)


def read_sources(
    wanted: Iterable[Source], connection: Connection, snapshots: Snapshots, settings: Settings
) -> Iterator[tuple[Source, list[Fetch]]]:
    """Read all that is due now; every source comes once, when its payloads are kept and logged.

    Those with nothing to download come first, with no attempt or their offline edition; the
    others in the order in which they complete, so that a dead one delays no other.
    """
    known = list(wanted)
    due = [s for s in known if s.is_live and not why_skipped(s) and not settings.offline]
    with downloading(due, raw.last_good(connection), settings) as completing:
        for source in known:
            if source not in due:
                attempts: list[Fetch] = []
                if settings.offline:
                    attempts += take_offline_edition(source, connection, snapshots, settings)
                snapshots.append(attempts)
                yield source, attempts
        for source, downloads in completing:
            for download in downloads:
                if download.payload is not None:
                    snapshots.keep(download.payload)
            attempts = [download.fetch for download in downloads]
            # In a replay of another day the package of today would be knowledge that day had not.
            if settings.replay_url is None and all(a.status == "failed" for a in attempts):
                attempts += take_offline_edition(source, connection, snapshots, settings)
            snapshots.append(attempts)
            yield source, attempts
