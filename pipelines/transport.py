"""Connections for downloads: to public addresses only, HTTP/2 where the server offers it.

A name is looked up once and the connection goes to the very address that was checked, so that a
second answer of the name's owner (DNS rebinding) changes nothing. Redirects, retries and payloads
are the matter of `pipelines.fetch`.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Collection, Iterable
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

#: IPv6 addresses that a gateway translates to the IPv4 address in their last 32 bits.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """An address nothing may be fetched from; the message says why."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = [address.ipv4_mapped, address.sixtofour]
        if address.teredo:
            wrapped.append(address.teredo[1])
        if address in NAT64:
            wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if any(inner is not None and not is_public(inner) for inner in wrapped):
            return False
    return address.is_global and not address.is_multicast


async def look_up(host: str, port: int, timeout_s: float | None) -> list[str]:
    """Addresses of a name. Raises httpcore's ConnectError or ConnectTimeout.

    A look-up cannot be interrupted, so it has a daemon thread of its own: one that hangs holds
    up neither the event loop nor the end of the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def set_answer(found: list[str], problem: Exception | None) -> None:
        if answer.done():
            return
        if problem:
            answer.set_exception(problem)
        else:
            answer.set_result(found)

    def work() -> None:
        found: list[str] = []
        problem: Exception | None = None
        try:
            known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = [str(entry[4][0]) for entry in known]
        except (OSError, UnicodeError) as error:
            problem = httpcore.ConnectError(f"no address for {host}: {error}")
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(set_answer, found, problem)

    threading.Thread(target=work, name=f"look up {host}", daemon=True).start()
    try:
        return await asyncio.wait_for(answer, timeout_s)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(f"no answer where {host} is") from error


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to public addresses, and to hosts the operator has named."""

    def __init__(self, private_hosts: Collection[str]):
        self.private_hosts = private_hosts
        self.network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host` that answers. Raises Refused."""
        found = await look_up(host, port, timeout)
        if host not in self.private_hosts:
            for address in found:
                if not is_public(ipaddress.ip_address(address)):
                    raise Refused(f"{host} is a private address")
        problem: Exception = httpcore.ConnectError(f"no address for {host}")
        for address in dict.fromkeys(found):
            try:
                return await self.network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks between its own attempts."""
        await asyncio.sleep(seconds)


class Transport(httpx.AsyncBaseTransport):
    """Direct connections to checked addresses, or the proxy the operator's environment names.

    `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are honoured, as is `SSL_CERT_FILE`: behind a proxy
    there is no other way out. The proxy then connects, so its rules decide what is in reach; here
    only addresses written as numbers, and names known here, are checked.
    """

    def __init__(self, private_hosts: Collection[str], timeout_s: float):
        self.private_hosts = private_hosts
        self.timeout_s = timeout_s
        self.trust = httpx.create_ssl_context()
        self.direct = _direct(self.trust, private_hosts)
        self.proxied: dict[str, httpx.AsyncHTTPTransport] = {}

    def _proxy(self, url: httpx.URL) -> str | None:
        if url.host in self.private_hosts or proxy_bypass(url.netloc.decode()):
            return None
        known = getproxies()
        return known.get(url.scheme) or known.get("all")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises Refused and httpx's transport errors."""
        proxy = self._proxy(request.url)
        if proxy is None:
            return await self.direct.handle_async_request(request)
        await self._check_name(request.url)
        if proxy not in self.proxied:
            self.proxied[proxy] = httpx.AsyncHTTPTransport(
                verify=self.trust, http2=True, proxy=proxy
            )
        return await self.proxied[proxy].handle_async_request(request)

    async def _check_name(self, url: httpx.URL) -> None:
        try:
            found = await look_up(url.host, url.port or 443, self.timeout_s)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            return  # a name only the proxy knows
        if not all(is_public(ipaddress.ip_address(address)) for address in found):
            raise Refused(f"{url.host} is a private address")

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in (self.direct, *self.proxied.values()):
            await transport.aclose()


def _direct(trust: ssl.SSLContext, private_hosts: Collection[str]) -> httpx.AsyncHTTPTransport:
    transport = httpx.AsyncHTTPTransport(verify=trust)
    # httpx has no parameter for the network backend; httpcore does.
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=trust, http2=True, network_backend=PublicOnly(private_hosts)
    )
    return transport
