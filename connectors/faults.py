"""What went wrong between here and a source, in words that hold no query, secret or content."""

from __future__ import annotations

import msgspec
import requests
import urllib3.exceptions

from connectors.api import ConfigError, DataError


class NoSuchPathError(ConfigError):
    """The source has nothing at this address (404, 405, 410, 501)."""


class NotAcceptedError(DataError):
    """The source does not accept the request as sent (400, 422 and the like): what was asked is wrong."""


def without_content(error: msgspec.ValidationError) -> str:
    """What msgspec says, with its path and without the value that it quotes for enums and tags."""
    message = str(error)
    if not message.startswith(("Invalid value", "Invalid enum value")):
        return message
    _, found, path = message.rpartition(" - at ")
    return "a value that is not one of those known" + (f" - at {path}" if found else "")


def malformed(error: Exception) -> bool:
    """Whether the request could not be written down at all, rather than that the answer could not be read."""
    if isinstance(error, requests.exceptions.InvalidHeader):
        return not isinstance(error.args[0] if error.args else None, urllib3.exceptions.HTTPError)
    return isinstance(error, requests.exceptions.InvalidURL) or not isinstance(
        error, requests.RequestException | urllib3.exceptions.HTTPError
    )


_TRANSPORT = (
    (requests.exceptions.SSLError, "cannot be trusted: the TLS handshake or certificate failed", False),
    (requests.exceptions.ConnectTimeout, "could not be reached in time", True),
    (requests.exceptions.Timeout, "did not answer in time", False),
    (requests.exceptions.InvalidHeader, "answered with headers that contradict one another", False),
)


def transport_words(error: Exception) -> tuple[str, bool]:
    """What happened, and whether the request certainly never arrived."""
    for kind, words, unseen in _TRANSPORT:
        if isinstance(error, kind):
            return words, unseen
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, urllib3.exceptions.NameResolutionError):
        return "is a host that cannot be found (DNS)", True
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return "refused the connection", True
    return "broke the connection", False
