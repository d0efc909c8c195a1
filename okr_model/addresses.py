"""What a mail address is: one rule for the files, for owners, and for what stands in a mail's headers."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeGuard

_SPEC = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?:(?P<name>[^<>]*)<(?P<spec>{_SPEC})>|(?P<bare>{_SPEC}))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


class MailAddress(NamedTuple):
    """`ana@example.org`, and the name beside it, empty where there is none."""

    name: str
    spec: str


def mail_address(written: str) -> MailAddress | None:
    """`ana@example.org` or `Ana <ana@example.org>`; None where it is neither."""
    found = None if _CONTROL.search(written) else _ADDRESS.fullmatch(written.strip())
    if found is None:
        return None
    return MailAddress((found["name"] or "").strip().strip('"'), found["spec"] or found["bare"])


def mailable(owner: str | None) -> TypeGuard[str]:
    """Whether an owner can be written to: some files name owners without an address."""
    return owner is not None and mail_address(owner) is not None
