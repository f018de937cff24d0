"""Reads the body of a response within limits, and tells data from what was sent instead of it."""

import re
import zlib

import httpx


class FetchProblem(Exception):
    """A download that did not give a payload; the message says why, for the log."""


class _Gunzip:
    """Inflates a stream of gzip members to at most `most` bytes, whatever one piece holds."""

    def __init__(self, most: int):
        self.most = most
        self.left = most
        self.member = zlib.decompressobj(wbits=31)

    def feed(self, piece: bytes) -> bytes:
        inflated = []
        while piece:
            if self.member.eof:
                if not piece.strip(b"\0"):
                    break
                self.member = zlib.decompressobj(wbits=31)
            try:
                inflated.append(self.member.decompress(piece, self.left + 1))
            except zlib.error as error:
                raise FetchProblem(f"broken gzip: {error}") from error
            self.left -= len(inflated[-1])
            if self.left < 0:
                raise FetchProblem(f"larger than {self.most:,} bytes when inflated")
            piece = self.member.unused_data if self.member.eof else self.member.unconsumed_tail
        return b"".join(inflated)

    def finish(self) -> None:
        if not self.member.eof:
            raise FetchProblem("gzip cut short")


async def read_body(response: httpx.Response, most_on_the_wire: int, most: int) -> bytes:
    """The whole body, inflated: at most so many bytes as sent, and so many inflated.

    Raises FetchProblem. Inflated here because httpx inflates all that one read brings, before
    anyone can count.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise FetchProblem(f"an encoding nobody asked for: {encoding[:20]}")
    declared = response.headers.get("content-length", "")
    too_large = f"larger than {most_on_the_wire:,} bytes on the wire"
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > most_on_the_wire:
        raise FetchProblem(too_large)
    gunzip = _Gunzip(most) if encoding.endswith("gzip") else None
    pieces: list[bytes] = []
    wire = size = 0
    async for piece in response.aiter_raw():
        wire += len(piece)
        if wire > most_on_the_wire:
            raise FetchProblem(too_large)
        pieces.append(gunzip.feed(piece) if gunzip else piece)
        size += len(pieces[-1])
        if size > most:
            raise FetchProblem(f"larger than {most:,} bytes")
    if gunzip:
        gunzip.finish()
    return b"".join(pieces)


_HTML = re.compile(rb"<(!doctype\s+html|html|head|body|title)\b", re.IGNORECASE)
_TEXT_NAMES = {".json": "JSON", ".csv": "CSV", ".xml": "XML", ".yml": "YAML", ".md": "Markdown"}


def sniff(payload: bytes, suffix: str) -> str | None:
    """What a payload is instead of what its file name promises, in words; null if it fits.

    A page of apologies or a picture with status 200 is no data; headers are often wrong, so the
    bytes decide.
    """
    start = payload[:2048].removeprefix(b"\xef\xbb\xbf").lstrip()
    wanted = _TEXT_NAMES.get(suffix, suffix)
    if not start:
        return f"nothing where {wanted} was expected"
    if suffix == ".zip":
        if start[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
            return None
        return f"{'HTML' if _HTML.match(start) else 'something else'} where a zip was expected"
    if b"\0" in start or start[:1] in {b"\x89", b"\xff", b"\x1f"} or start[:4] == b"GIF8":
        return f"binary data where {wanted} was expected"
    if _HTML.match(start):
        return f"HTML where {wanted} was expected"
    fits = {
        ".json": start[:1] in {b"{", b"["},
        ".csv": start[:1] not in {b"{", b"<"},
        ".xml": start[:1] == b"<",
        ".yml": start[:1] != b"<",
    }
    return None if fits.get(suffix, True) else f"something else where {wanted} was expected"
