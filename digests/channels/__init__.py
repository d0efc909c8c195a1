"""Where a frozen delivery goes: a mail server, or files where none is set."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from digests.channels.eml import EmlFolder
from digests.channels.smtp import SmtpServer
from okr_model.exchange import Delivery


class Channel(Protocol):
    """Sends a delivery's bytes as they are. `idempotent`: sending the same one twice leaves one."""

    @property
    def name(self) -> str: ...
    @property
    def idempotent(self) -> bool: ...
    def send(self, delivery: Delivery) -> None:
        """Returns when it is delivered. Raises DeliveryError."""


def open_channel(smtp_url: str | None, smtp_password: str | None, output_dir: Path) -> Channel:
    """The mail channel: the server at `smtp_url`, or .eml files under `output_dir`/mail.

    Raises ValueError where the address of the server cannot be used.
    """
    if smtp_url:
        return SmtpServer.at(smtp_url, smtp_password)
    return EmlFolder(output_dir / "mail")
