"""What passes between the HTTP server and the stand-ins."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
encode = msgspec.json.Encoder().encode


class Request(msgspec.Struct, frozen=True):
    """`path` below the vendor's prefix, `query` with every value of a repeated name, header names in lower case."""

    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]

    def one(self, name: str) -> str | None:
        """The last value of a parameter, as most servers take it."""
        values = self.query.get(name)
        return values[-1] if values else None


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class BadRequestError(Exception):
    """A parameter that the vendor would refuse; the text names it."""


def ok(value: object) -> Reply:
    return Reply(200, encode(value))


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def limit(text: str | None, default: int, top: int) -> int:
    """A page size between 1 and `top`; raises BadRequestError otherwise."""
    if text is None:
        return default
    if not text.isdigit() or not 1 <= int(text) <= top:
        raise BadRequestError(f"limit must be an integer from 1 to {top}")
    return int(text)


class AsOf(Generic[T]):
    """Remembers what a function made of one instant until another is asked for: the clock stands still as a rule."""

    def __init__(self, make: Callable[[int], T]) -> None:
        self._make = make
        self._kept: tuple[int, T] | None = None

    def at(self, now: int) -> T:
        kept = self._kept
        if kept is None or kept[0] != now:
            kept = self._kept = (now, self._make(now))
        return kept[1]
