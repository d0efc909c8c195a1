"""HTTP for connectors: every call is bounded in time and memory, and every failure is one of three kinds.

Errors and logs show a URL as scheme, host and path: queries, secrets and bodies never appear.
"""

from __future__ import annotations

import logging
import time
from base64 import b64encode
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast
from urllib.parse import urlencode, urljoin

import msgspec
import requests
import urllib3.exceptions

from config.hushed import hush_http, is_secret
from config.pacing import PacedAdapter
from connectors import waiting
from connectors.addresses import Address, Params, pairs, parse_address, parse_base, resolve
from connectors.allowance import allowance_of
from connectors.api import ConfigError, Context, DataError, Instant, PullError, TransientError
from connectors.faults import NoSuchPathError, NotAcceptedError, malformed, transport_words, without_content
from connectors.links import Answer
from connectors.waiting import RATE_HEADERS, RETRY_AFTER, asked_delay, backoff

log = logging.getLogger(__name__)

T = TypeVar("T")
Decode: TypeAlias = type[T] | msgspec.json.Decoder[T]

_REDIRECTS = {301, 302, 303, 307, 308}
_MAX_REDIRECTS = 5
_CHUNK = 1 << 20
_FEW_TRIES = 3


class Auth:
    """Credentials of one source: headers and query parameters that only its own origin gets to see."""

    def __init__(self, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None) -> None:
        self._headers = dict(headers or {})
        self.params = dict(params or {})

    @classmethod
    def basic(cls, username: str, password: str) -> Auth:
        """HTTP Basic (RFC 7617), in UTF-8."""
        return Auth({"Authorization": "Basic " + b64encode(f"{username}:{password}".encode()).decode()})

    def headers(self) -> Mapping[str, str]:
        """What to send now. May raise PullError where a token must be fetched first."""
        return self._headers

    def renew(self) -> bool:
        """Called on a 401. True: there are fresh credentials, try once more."""
        return False


@dataclass(frozen=True)
class Limits:
    """Seconds, apart from `max_body` in bytes. `wait_budget`: waits and failed tries of one call together."""

    wait_budget: float = 60.0
    connect: float = 10.0
    read: float = 30.0
    answer: float = 60.0
    max_body: int = 64 << 20


@dataclass(frozen=True)
class Download:
    """A body as it came."""

    body: bytes
    content_type: str


@dataclass(frozen=True)
class _Request:
    method: str
    address: Address
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    repeatable: bool = True


class _AgainError(Exception):
    """This try failed, another may not. `unseen`: the source cannot have acted on it."""

    def __init__(
        self, error: PullError, *, cause: str, asked: float | None = None, tries: int = 1_000, unseen: bool = False
    ) -> None:
        super().__init__()
        self.error, self.cause, self.asked, self.tries, self.unseen = error, cause, asked, tries, unseen


class Client:
    """Keep-alive HTTP with one source. Not for several threads at once."""

    def __init__(
        self,
        base_url: str,
        context: Context,
        *,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        trusted_hosts: tuple[str, ...] = (),
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """`trusted_hosts`: host endings that redirects may lead to (only without credentials)."""
        self.base = parse_base(base_url, context.name)
        self.context = context
        self._auth = auth or Auth()
        self._limits = limits or Limits()
        self._trusted = trusted_hosts
        self._sleep = sleep or waiting.pause
        self._opened = time.monotonic()
        self._allowance = allowance_of(self.base.origin)
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": "okrsync", "Accept": "application/json", **(headers or {})})
        self._session.auth = self._authorize
        self._trust_environment()
        self._adapter = PacedAdapter()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)
        hush_http()

    def get(self, path: str, params: Params | None = None, *, decode: Decode[T]) -> T:
        """The decoded answer at base_url + path. Raises PullError."""
        return self.fetch(path, params, decode=decode).body

    def fetch(self, path: str, params: Params | None = None, *, decode: Decode[T]) -> Answer[T]:
        """Like `get`, with the Link header. `path` is appended to base_url."""
        return self._json(_Request("GET", self.address(path, params)), decode)

    def follow(self, link: str, *, decode: Decode[T], seen_at: Address | None = None) -> Answer[T]:
        """The answer at a link (or `local` of one) that an earlier answer held. Another origin is refused."""
        return self._json(_Request("GET", resolve(link, seen_at or self.base, self.context.name)), decode)

    def local(self, link: str, seen_at: Address | None = None) -> str:
        """A link as path and query without credentials: what a position may hold. Another origin is refused."""
        address = self._without_credentials(resolve(link, seen_at or self.base, self.context.name))
        # Some write the token that came in a header into their links.
        return address.with_query(pair for pair in address.query if not is_secret(pair[1])).local

    def post(self, path: str, *, json: object = None, form: Mapping[str, str] | None = None, decode: Decode[T]) -> T:
        """A POST that changes something: sent once, unless it was certainly not acted on. Raises PullError."""
        return self._json(self._posted(path, json, form, repeatable=False), decode).body

    def post_query(
        self, path: str, *, json: object = None, form: Mapping[str, str] | None = None, decode: Decode[T]
    ) -> T:
        """A POST that only reads: tried again like a GET. Raises PullError."""
        return self._json(self._posted(path, json, form, repeatable=True), decode).body

    def download(self, path: str, params: Params | None = None, *, accept: str = "*/*") -> Download:
        """The raw body at base_url + path. Raises PullError."""
        request = _Request("GET", self.address(path, params), headers={"Accept": accept})
        return self._call(request, lambda response, body, _: Download(body, response.headers.get("Content-Type", "")))

    def address(self, path: str, params: Params | None = None) -> Address:
        """base_url + path with the query `params`."""
        where, _, query = path.partition("?")
        full = self.base.path.rstrip("/") + "/" + where.lstrip("/") if where else self.base.path
        parsed = parse_address(f"{self.base.origin}{full}?{query}")
        return parsed.with_query([*parsed.query, *pairs(params)])

    def close(self) -> None:
        self._session.close()

    # --- one call ----------------------------------------------------------------------------------------------------

    def _json(self, request: _Request, decode: Decode[T]) -> Answer[T]:
        decoder: msgspec.json.Decoder[T] = (
            decode if isinstance(decode, msgspec.json.Decoder) else _decoder(cast("Hashable", decode))
        )

        def use(response: requests.Response, body: bytes, at: Address) -> Answer[T]:
            return Answer(self._decoded(decoder, body, at), at, response.headers.get("Link"))

        return self._call(request, use)

    def _call(self, request: _Request, use: Callable[[requests.Response, bytes, Address], T]) -> T:
        failures: Counter[str] = Counter()
        spent = self._turn()
        while True:
            started = time.monotonic()
            try:
                self._adapter.deadline = started + self._limits.answer
                response, at = self._answered(request)
                return use(response, self._body(response, at), at)
            except _AgainError as again:
                failures[again.cause] += 1
                delay = backoff(failures.total(), again.asked)
                spent += time.monotonic() - started + delay
                worth = failures[again.cause] < again.tries and spent <= self._limits.wait_budget
                if not worth or not (request.repeatable or again.unseen):
                    raise self._final(again) from None
                log.warning("%s; trying again in %.1f s", again.error, delay)
            self.context.usage.retries += 1
            self._sleep(delay)

    def _turn(self) -> float:
        """Waits until the host allows another request; gives the seconds. One that is not allowed for long is sent all
        the same: what other sources were told may not hold for this one's key, and its own answer will say.
        """
        delay = self._allowance.take()
        if not 0 < delay <= self._limits.wait_budget:
            return 0.0
        log.info("%s: waiting %.1f s, as %s allows no more until then", self.context.name, delay, self.base.origin)
        self._sleep(delay)
        return delay

    def _final(self, again: _AgainError) -> PullError:
        if isinstance(again.error, TransientError) and again.asked is not None:
            return TransientError(str(again.error), self._now() + round(again.asked * 1_000))
        return again.error

    def _now(self) -> Instant:
        return self.context.now + round((time.monotonic() - self._opened) * 1_000)

    def _answered(self, request: _Request) -> tuple[requests.Response, Address]:
        """An answer with a status of success, its body unread."""
        at = request.address
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._sent(request, at)
            if response.status_code not in _REDIRECTS:
                self._judge(response, at, request)
                return response, at
            target = response.headers.get("Location", "")
            response.close()
            at = self._redirected(at, target, request)
        raise DataError(f"{self._named(at)} redirects without end")

    def _sent(self, request: _Request, at: Address) -> requests.Response:
        self.context.usage.requests += 1
        bare = self._without_credentials(at)
        credentials = self._auth.params if at.origin == self.base.origin else {}
        url = bare.with_query([*bare.query, *credentials.items()]).url
        sent = time.monotonic()
        try:
            response = self._session.request(
                request.method,
                url,
                headers=dict(request.headers),
                data=request.body,
                timeout=(self._limits.connect, self._limits.read),
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise self._unsent(error, at) from None
        if at.origin == self.base.origin:
            self._allowance.heard(sent, response.status_code, response.headers)
        return response

    def _unsent(self, error: Exception, at: Address) -> Exception:
        if malformed(error):
            what = "the address or a header is malformed: does a secret hold a line break or an odd character?"
            return ConfigError(f"{self._named(at)}: {what}")
        what, unseen = transport_words(error)
        failed = TransientError(f"{self._named(at)} {what}")
        if isinstance(error, requests.exceptions.SSLError):
            return _AgainError(failed, cause="tls", tries=_FEW_TRIES)
        return _AgainError(failed, cause="transport", unseen=unseen)

    def _redirected(self, at: Address, target: str, request: _Request) -> Address:
        try:
            there = parse_address(urljoin(at.url, target) if target else "")
        except ValueError:
            raise DataError(f"{self._named(at)} redirects to nowhere") from None
        if request.method != "GET":
            raise DataError(f"{self._named(at)} redirects a POST: refused")
        if there.origin == at.origin or self._may_leave(there):
            return there
        raise ConfigError(
            f"{self._named(at)} redirects to {there.origin}: refused, as credentials stay with one origin: "
            "check base_url, and that no login page stands before it"
        )

    def _may_leave(self, there: Address) -> bool:
        secret = self._auth.params or self._auth.headers()
        return not secret and there.scheme == "https" and there.host.endswith(self._trusted)

    def _judge(self, response: requests.Response, at: Address, request: _Request) -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        asked = asked_delay(response.headers, time.time(), RATE_HEADERS if status == 429 else RETRY_AFTER)
        response.close()
        where = self._named(at)
        if status in (401, 403):
            self._refused(status, where)
        if status in (404, 405, 410, 501):
            raise NoSuchPathError(f"{where} answered {status}: check base_url and the path, or the source's version")
        if status in (408, 425, 429) or status >= 500:
            words = "is over its rate limit" if status == 429 else "failed"
            error = TransientError(f"{where} {words} ({status})")
            raise _AgainError(error, cause="status", asked=asked, unseen=status == 429)
        raise NotAcceptedError(f"{where} answered {status} to {request.method}: it does not accept the request as sent")

    def _refused(self, status: int, where: str) -> None:
        mend = (
            "check the key or password in sources.yaml, and that it has not expired"
            if status == 401
            else "give the key the permission to read this"
        )
        error = ConfigError(f"{where} refused the credentials ({status}): {mend}")
        if status == 401 and self._auth.renew():
            raise _AgainError(error, cause="credentials", asked=0.0, tries=2, unseen=True)
        raise error

    def _body(self, response: requests.Response, at: Address) -> bytes:
        raw = response.raw
        try:
            if raw.length_remaining is not None and "Content-Encoding" not in response.headers:
                self._limit(raw.length_remaining, response, at)
                whole: bytes = raw.read()  # into one piece of memory: joining pieces takes longer than reading them
                return whole
            chunks: list[bytes] = []
            size = 0
            while chunk := raw.read1(_CHUNK, decode_content=True):
                chunks.append(chunk)
                size += len(chunk)
                self._limit(size, response, at)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            response.close()
            slow = isinstance(error, urllib3.exceptions.ReadTimeoutError)
            what = "did not finish its answer in time" if slow else "broke off in the middle of its answer"
            raise _AgainError(TransientError(f"{self._named(at)} {what}"), cause="transport") from None
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _limit(self, size: int, response: requests.Response, at: Address) -> None:
        if size > self._limits.max_body:
            response.close()
            most = self._limits.max_body >> 20
            raise DataError(f"{self._named(at)} answered with more than {most} MB: ask for less")

    def _decoded(self, decoder: msgspec.json.Decoder[T], body: bytes, at: Address) -> T:
        try:
            return decoder.decode(body.removeprefix(BOM_UTF8))
        except msgspec.ValidationError as error:
            raise DataError(f"{self._named(at)}: {without_content(error)}") from None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            html = body[:64].lstrip().startswith(b"<")
            what = "a web page (a login page?) instead of JSON" if html else "something that is not valid JSON"
            failed = DataError(f"{self._named(at)} answered with {what}")
            raise _AgainError(failed, cause="content", tries=_FEW_TRIES) from None

    # --- small parts -------------------------------------------------------------------------------------------------

    def _posted(self, path: str, json: object, form: Mapping[str, str] | None, *, repeatable: bool) -> _Request:
        if form is not None:
            body = urlencode(form).encode()
            kind = "application/x-www-form-urlencoded"
        else:
            body, kind = msgspec.json.encode(json), "application/json"
        return _Request("POST", self.address(path), {"Content-Type": kind}, body, repeatable)

    def _trust_environment(self) -> None:
        """Proxies and certificates as the environment has them, asked once: requests would ask before every call."""
        found = self._session.merge_environment_settings(self.base.origin, {}, None, None, None)
        self._session.proxies, self._session.verify = found["proxies"], found["verify"]
        self._session.trust_env = False

    def _authorize(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        # As `session.auth`, it also keeps requests from putting a password of ~/.netrc in place of these.
        if prepared.url is not None and parse_address(prepared.url).origin == self.base.origin:
            prepared.headers.update(self._auth.headers())
        return prepared

    def _without_credentials(self, address: Address) -> Address:
        if not self._auth.params:
            return address
        return address.with_query(pair for pair in address.query if pair[0] not in self._auth.params)

    def _named(self, at: Address) -> str:
        return f"{self.context.name}: {at.shown}"


@cache
def _decoder(kind: Any) -> Any:
    return msgspec.json.Decoder(kind)
