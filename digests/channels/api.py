"""What a channel plugin is: the only module that channel plugins import.

A plugin is one `ChannelPlugin` value named CHANNEL in its module. `open` gets validated options and a `Context`, and
returns a `Channel`: `render` makes the bytes, which are frozen in the outbox, and `send` sends exactly those, however
often it is tried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from okr_model.digest import Digest
from okr_model.exchange import Delivery, DeliveryError, DeliveryKey
from okr_model.facts import Instant

if TYPE_CHECKING:
    from digests.channels.posting import post
    from digests.formats.chat import Part, fitting, parts
    from digests.formats.text import render as plain_text

API_VERSION = 1

_LATER = {
    "Part": ("digests.formats.chat", "Part"),
    "fitting": ("digests.formats.chat", "fitting"),
    "parts": ("digests.formats.chat", "parts"),
    "plain_text": ("digests.formats.text", "render"),
    "post": ("digests.channels.posting", "post"),
}


def __getattr__(name: str) -> Any:
    """Formats and the web layer, loaded when a plugin first asks for them: options are validated without either."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, inner = _LATER[name]
    globals()[name] = value = getattr(import_module(module), inner)
    return value


class ChannelError(Exception):
    """A channel's plugin cannot be used, or its settings cannot."""


class ChannelOptions(BaseModel):
    """Base of every channel's options: what stands below its name in `channels` of audiences.yaml."""

    # Inputs hold resolved secrets: a validation error must not print them.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _web_address(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and local)):
        raise ValueError("not an https address: copy it whole from the page where the webhook was made")
    return value


WebhookUrl = Annotated[SecretStr, AfterValidator(_web_address)]
"""An address that is itself a key: https (http on the loopback alone), and never shown."""


@dataclass(frozen=True)
class Context:
    """What a channel is given: the run's instant, who sends, where files go, and the mail server if one is set."""

    now: Instant
    sender: str  # "OKRs <okr@example.org>"
    output_dir: Path
    smtp_url: str | None = None
    smtp_password: str | None = field(default=None, repr=False)


class Channel(Protocol):
    """One way out. `idempotent`: sending the same delivery twice leaves one."""

    @property
    def idempotent(self) -> bool: ...
    def render(self, digest: Digest, key: DeliveryKey) -> bytes:
        """The bytes to be frozen: the same for the same digest, key and instant."""
        ...

    def send(self, delivery: Delivery) -> None:
        """Returns when it is delivered. Raises DeliveryError."""
        ...


@dataclass(frozen=True)
class ChannelPlugin:
    """A plugin. `open` may raise ValueError, with what to mend in the settings."""

    name: str
    options: type[ChannelOptions]
    open: Callable[[Any, Context], Channel]
    api_version: int = API_VERSION


__all__ = [
    "API_VERSION",
    "Channel",
    "ChannelError",
    "ChannelOptions",
    "ChannelPlugin",
    "Context",
    "Delivery",
    "DeliveryError",
    "DeliveryKey",
    "Digest",
    "Instant",
    "Part",
    "SecretStr",
    "WebhookUrl",
    "fitting",
    "parts",
    "plain_text",
    "post",
]
