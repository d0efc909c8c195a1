"""One POST to a webhook, and what became of it: accepted, refused, to be tried again, or perhaps delivered."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import requests
from requests.exceptions import ConnectionError as NoConnectionError
from requests.exceptions import ConnectTimeout, SSLError
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from config.hushed import hush_http
from config.pacing import PacedAdapter
from okr_model.exchange import DeliveryError

_CONNECT, _READ = 10.0, 30.0
WHOLE_ANSWER = 60.0
"""Seconds for all of an answer: a byte every now and then keeps every single wait short."""
_MOST = 4_096
_CODE = re.compile(r"[a-z][a-z_]{2,40}")
_TRY_AGAIN = (500, 503)  # the service itself says that it did not; what a gateway says (502, 504) leaves it open


@dataclass(frozen=True)
class Accepted:
    """A 2xx answer. `text`: the start of its body, to be compared and never shown."""

    status: int
    text: str


def post(url: str, body: bytes, to: str) -> Accepted:
    """Posts JSON once; `to` is what messages call the other side. Raises DeliveryError, without the address.

    Redirects are refused: the address is a key, and would be sent on to whoever it leads to.
    """
    hush_http()
    adapter = PacedAdapter()
    adapter.deadline = time.monotonic() + _CONNECT + WHOLE_ANSWER
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "okrsync"}
    try:
        with (
            _session(adapter) as session,
            session.post(
                url, data=body, headers=headers, timeout=(_CONNECT, _READ), allow_redirects=False, stream=True
            ) as answer,
        ):
            said = answer.raw.read(_MOST, decode_content=True).decode(errors="replace").strip()
            return _accepted(answer, said, to)
    except (ConnectTimeout, SSLError) as error:
        raise DeliveryError("transient", f"no connection to {to}: {_kind(error)}") from None
    except (requests.RequestException, HTTPError, OSError) as error:
        if _never_connected(error):
            raise DeliveryError("transient", f"no connection to {to}") from None
        raise DeliveryError("ambiguous", f"the connection to {to} broke off after the text: {_kind(error)}") from None


def _session(adapter: PacedAdapter) -> requests.Session:
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def _accepted(answer: requests.Response, said: str, to: str) -> Accepted:
    status = answer.status_code
    if status == requests.codes.too_many_requests:
        raise DeliveryError("transient", f"{to} wants no more for now (429)", wait=_seconds(answer))
    if status in _TRY_AGAIN:
        raise DeliveryError("transient", f"{to} is out of order ({status})", wait=_seconds(answer))
    if status >= 500:
        raise DeliveryError("ambiguous", f"{to} answered {status}, which does not say whether it arrived")
    if status >= 400:
        code = f" {said}" if _CODE.fullmatch(said) else ""
        raise DeliveryError("permanent", f"{to} refused it ({status}{code})")
    if status >= 300:
        raise DeliveryError("permanent", f"{to} sends elsewhere ({status}), which is not followed; make a new webhook")
    return Accepted(status, said)


def _seconds(answer: requests.Response) -> float | None:
    """Retry-After where it is a number; a date is left to the outbox's own waiting."""
    try:
        return min(max(float(answer.headers.get("Retry-After", "")), 0.0), 86_400.0)
    except ValueError:
        return None


def _never_connected(error: Exception) -> bool:
    cause = error.args[0] if isinstance(error, NoConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _kind(error: Exception) -> str:
    # The library's own words repeat the address.
    return type(error).__name__
