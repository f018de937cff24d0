"""A mapping whose values lie packed as text until they are asked for.

Of ten thousand places a day's work looks into some hundred; reading all of them every day would
take longer than the work.
"""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

V = TypeVar("V")


class Shelf(Generic[V]):
    """Values by text, of which `read` makes one of its packed form and `write` the reverse."""

    def __init__(self, read: Callable[[str], V], write: Callable[[V], str]):
        self.read, self.write = read, write
        self.open: dict[str, V] = {}
        self.shut: dict[str, str] = {}

    def get(self, key: str) -> V | None:
        """The value, to be changed in place or not; None if there is none."""
        found = self.open.get(key)
        if found is None and key in self.shut:
            found = self.open[key] = self.read(self.shut.pop(key))
        return found

    def put(self, key: str, value: V) -> V:
        """Set a value; returns it."""
        self.shut.pop(key, None)
        self.open[key] = value
        return value

    def pop(self, key: str) -> V | None:
        """Take a value out; None if there is none."""
        found = self.get(key)
        self.open.pop(key, None)
        return found

    def __contains__(self, key: object) -> bool:
        return key in self.open or key in self.shut

    def keys(self) -> list[str]:
        """Every key, in no particular order."""
        return [*self.shut, *self.open]

    def packed(self) -> dict[str, str]:
        """Every value in its packed form, by key in order."""
        found = self.shut | {key: self.write(value) for key, value in self.open.items()}
        return {key: found[key] for key in sorted(found)}

    def unpack(self, packed: Mapping[str, str]) -> None:
        """Hold these values, in their packed form, and no others."""
        self.open, self.shut = {}, dict(packed)
