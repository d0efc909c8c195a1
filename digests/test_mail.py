"""A composed mail, read back by the standard library's parser."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from digests.mail import compose, stable_id
from okr_model.digest import Digest

DATE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
KEY = ("digest", "2026-11-23T08:00", "leadership", "email", "vp@example.org")


def mail(digest: Digest) -> bytes:
    return compose(digest, "vp@example.org", "OKRs <okr@example.org>", stable_id(KEY, "okr@example.org"), DATE)


def parsed(digest: Digest) -> EmailMessage:
    message = message_from_bytes(mail(digest), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_same_digest_gives_the_same_bytes(digest: Digest) -> None:
    assert mail(digest) == mail(digest)


def test_the_tree(digest: Digest) -> None:
    kinds = [part.get_content_type() for part in parsed(digest).walk()]
    assert kinds[:5] == ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html"]
    assert kinds[5:] == ["image/png"] * 5 + ["text/csv"]
