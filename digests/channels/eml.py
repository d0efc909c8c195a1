"""Mails as .eml files, which any mail program opens: for trying out, and where no server is set."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from okr_model.exchange import Delivery, DeliveryError


@dataclass(frozen=True)
class EmlFolder:
    """Writes each delivery to a file named after its key; a file is there whole or not at all."""

    folder: Path
    idempotent: bool = True

    def send(self, delivery: Delivery) -> None:
        """Raises DeliveryError (transient) where the folder cannot be written."""
        target = self.path(delivery)
        whole = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            whole.write_bytes(delivery.body)
            whole.replace(target)
        except OSError as error:
            raise DeliveryError("transient", f"the mail folder cannot be written: {error.strerror}") from error

    def path(self, delivery: Delivery) -> Path:
        """The file of a delivery: `2026-11-23T08-00_leadership_vp-example.org_1f0c….eml`."""
        parts = (delivery.digest, delivery.period, delivery.audience, delivery.channel, delivery.recipient)
        mark = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:8]
        words = [re.sub(r"[^A-Za-z0-9.]+", "-", part).strip("-.")[:48] for part in (parts[1], parts[2], parts[4])]
        return self.folder / f"{'_'.join([*words, mark])}.eml"
