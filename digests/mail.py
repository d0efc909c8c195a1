"""One digest as one mail to one recipient: the same input gives the same bytes, so a retry sends no second mail."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from digests import charts
from digests.formats import html, table_csv, text
from okr_model.addresses import mail_address
from okr_model.digest import Digest, Spark, Table
from okr_model.digest_labels import stop_subject

_CID = re.compile(r'"cid:([^"]+)"')
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def compose(digest: Digest, recipient: str, sender: str, message_id: str, date: datetime) -> bytes:
    """The message: mixed(alternative(text, related(html, png…)), csv).

    `sender` is `okr@example.org` or `OKRs <okr@example.org>`; `message_id` comes from `stable_id`; `date` is aware.
    Raises ValueError where sender or recipient is no mail address.
    """
    origin = address(sender)
    content = _content(digest, origin.addr_spec)
    message = EmailMessage(policy=policy.SMTP)
    for name, value in _headers(digest, recipient, origin, message_id, date):
        message[name] = value
    message.set_content(content.text, cte="quoted-printable")
    message.add_alternative(content.page, subtype="html", cte="quoted-printable")
    shown = message.get_payload()[1]  # type: ignore[index]
    if content.charts:
        shown.make_related()  # type: ignore[union-attr]
    if content.table is not None:
        message.add_attachment(content.table, maintype="text", subtype="csv", filename=table_csv.NAME)
    _fix_boundaries(message, message_id)
    return _with_charts(message.as_bytes(), shown.get_boundary(), content.charts)  # type: ignore[union-attr]


class _Content(NamedTuple):
    """What is the same for all who get a digest; charts are packed, each as a part of its own."""

    text: str
    page: str
    charts: tuple[bytes, ...]
    table: bytes | None


@lru_cache(maxsize=1)  # an audience's recipients get theirs one after another
def _content(digest: Digest, sender: str) -> _Content:
    domain = sender.rpartition("@")[2]
    sparks = _sparks(digest)
    cids = {name: f"chart-{place}@{domain}" for place, name in enumerate(sparks, 1)}
    page = html.render(digest, {name: f"cid:{cid}" for name, cid in cids.items()}, sender)
    shown = set(_CID.findall(page))
    drawn = [_chart(cids[name], charts.sparkline(spark)) for name, spark in sparks.items() if cids[name] in shown]
    return _Content(
        text=text.render(digest),
        page=page,
        charts=tuple(drawn),
        table=table_csv.render(digest) if any(isinstance(block, Table) for block in digest.blocks) else None,
    )


def stable_id(key: Iterable[str], sender: str) -> str:
    """A Message-ID worked out from the delivery's key: sent twice, it is the same mail."""
    digest = hashlib.sha256("\x1f".join(key).encode()).hexdigest()[:32]
    return f"<{digest}@{address(sender).domain}>"


def address(written: str) -> Address:
    """`okr@example.org` or `OKRs <okr@example.org>` as an address. Raises ValueError with the text that is none."""
    found = mail_address(written)
    if found is None:
        raise ValueError(f"{written!r} is not a mail address, like okr@example.org")
    return Address(display_name=found.name, addr_spec=found.spec)


def _headers(
    digest: Digest, recipient: str, origin: Address, message_id: str, date: datetime
) -> list[tuple[str, str | Address]]:
    audience = re.sub(r"[^a-z0-9-]+", "-", digest.audience.lower()).strip("-") or "digest"
    return [
        ("From", origin),
        ("To", address(recipient)),
        ("Subject", _one_line(digest.subject)),
        ("Date", format_datetime(date)),
        ("Message-ID", _one_line(message_id)),
        ("List-Id", f"<{audience}.okr.{origin.domain}>"),
        ("List-Unsubscribe", f"<mailto:{origin.addr_spec}?subject={quote(stop_subject(audience))}>"),
        ("Auto-Submitted", "auto-generated"),
    ]


def _one_line(value: str) -> str:
    return _CONTROL.sub(" ", value).strip()


def _sparks(digest: Digest) -> dict[str, Spark]:
    rows = [row for block in digest.blocks if isinstance(block, Table) for row in block.rows]
    return {row.key_result: row.spark for row in rows if row.spark and any(v is not None for v in row.spark.values)}


@lru_cache(maxsize=1024)
def _chart(cid: str, png: bytes) -> bytes:
    """A part of its own. Kept, since the same chart goes to one reader after another."""
    chart = EmailMessage(policy=policy.SMTP)
    name = f"{cid.split('@', 1)[0]}.png"
    chart.set_content(png, maintype="image", subtype="png", cid=f"<{cid}>", filename=name, disposition="inline")
    return chart.as_bytes()


def _with_charts(mail: bytes, boundary: str | None, packed: Sequence[bytes]) -> bytes:
    """Puts parts that are packed already after the last one of a multipart.

    As messages in the message, whose headers are folded anew for each mail, they would take a third of its time.
    """
    if not packed:
        return mail
    line = f"\r\n--{boundary}".encode()
    before, end, after = mail.rpartition(line + b"--")
    return b"".join([before, *(line + b"\r\n" + part for part in packed), end, after])


def _fix_boundaries(message: EmailMessage, message_id: str) -> None:
    # The standard library draws them at random, which would make every try different bytes.
    seed = hashlib.sha256(message_id.encode()).hexdigest()[:24]
    for place, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{seed}_{place}")
