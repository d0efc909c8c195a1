"""The credentials of a `rest` source."""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec

from config.hushed import hush
from connectors.api import Auth, Client, ConfigError, Context, NotAcceptedError
from connectors.rest.options import AuthOptions, ClientCredentials

_EARLY = 30.0  # a token is renewed this many seconds before it ends
_UNTOLD = 300.0  # how long one is used that does not say when it ends


def open_auth(options: AuthOptions | None, context: Context) -> Auth:
    """What to send along, by the one kind that is set."""
    if options is None:
        return Auth()
    if options.bearer:
        return Auth({"Authorization": f"Bearer {options.bearer.get_secret_value()}"})
    if options.basic:
        return Auth.basic(options.basic.username, options.basic.password.get_secret_value())
    if options.header:
        return Auth({options.header.name: options.header.value.get_secret_value()})
    if options.query:
        return Auth(params={options.query.name: options.query.value.get_secret_value()})
    assert options.oauth2_client_credentials
    return TokenAuth(options.oauth2_client_credentials, context)


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float | str | None = None  # RFC 6749 says a number; some write it as text


class TokenAuth(Auth):
    """A bearer token fetched when it is first needed, before it ends, and once after a 401."""

    def __init__(self, options: ClientCredentials, context: Context) -> None:
        super().__init__()
        self._options = options
        credentials = Auth.basic(options.client_id, options.client_secret.get_secret_value())
        self._client = Client(options.token_url, context, auth=credentials)
        self._token: str | None = None
        self._ends = 0.0

    def headers(self) -> Mapping[str, str]:
        if self._token is None or time.monotonic() >= self._ends:
            self._fetch()
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        self._token = None
        return True

    def _fetch(self) -> None:
        form = {"grant_type": "client_credentials"} | ({"scope": self._options.scope} if self._options.scope else {})
        try:
            answer = self._client.post_query("", form=form, decode=_Token)
        except NotAcceptedError as error:  # RFC 6749 section 5.2: wrong credentials may be a 400
            raise ConfigError(f"{error}: check client_id, client_secret and scope") from None
        self._token = hush(answer.access_token)
        self._ends = time.monotonic() + max(_seconds(answer.expires_in) - _EARLY, 1.0)


def _seconds(expires_in: float | str | None) -> float:
    try:
        return float(expires_in) if expires_in is not None else _UNTOLD
    except ValueError:
        return _UNTOLD
