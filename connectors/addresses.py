"""Where a request may go: one origin, the one that the credentials belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit

from connectors.api import ConfigError, DataError

Params = Mapping[str, object] | Iterable[tuple[str, object]]

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """A parsed URL of a source: origin (scheme, host, port), path and query pairs. Userinfo and fragment are gone."""

    scheme: str
    host: str
    port: int
    path: str
    query: tuple[tuple[str, str], ...] = ()

    @property
    def origin(self) -> str:
        """`https://host`, with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def shown(self) -> str:
        """For people and logs: no query."""
        return self.origin + self.path

    @property
    def local(self) -> str:
        """Path and query, from the origin on."""
        return self.path + (f"?{urlencode(self.query)}" if self.query else "")

    @property
    def url(self) -> str:
        return self.origin + self.local

    def with_query(self, query: Iterable[tuple[str, str]]) -> Address:
        return Address(self.scheme, self.host, self.port, self.path, tuple(query))


def parse_address(url: str) -> Address:
    """Raises ValueError, without repeating the URL, where it is not http or https with a host."""
    try:
        parts: SplitResult = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        raise ValueError("not a URL") from None
    if scheme not in _PORTS or not host:
        raise ValueError("not an http or https URL with a host")
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return Address(scheme, host, port or _PORTS[scheme], parts.path or "/", query)


def parse_base(url: str, source: str) -> Address:
    """The address that every path is appended to, from an HttpUrl. Raises ConfigError."""
    try:
        return parse_address(url)
    except ValueError as error:
        raise ConfigError(f"{source}: base_url is {error}: write it like https://example.org/api") from None


def resolve(link: str, seen_at: Address, source: str) -> Address:
    """A link that an answer held, as an address of the same origin. Raises DataError where it leads elsewhere."""
    try:
        address = parse_address(urljoin(seen_at.url, link))
    except ValueError as error:
        raise DataError(f"{source}: {seen_at.shown} names a next page that is {error}") from None
    if address.origin != seen_at.origin:
        raise DataError(f"{source}: {seen_at.shown} names a next page at {address.origin}: refused, another origin")
    return address


def pairs(params: Params | None) -> list[tuple[str, str]]:
    """Query pairs: lists repeat their name, booleans are true and false, None is left out."""
    found: list[tuple[str, str]] = []
    for name, value in params.items() if isinstance(params, Mapping) else params or ():
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if one is not None:
                found.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
    return found
