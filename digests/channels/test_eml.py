"""Mails as files."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from digests.channels.api import Context
from digests.channels.eml import EmlFolder
from digests.channels.mail import EmailOptions, Mail
from digests.channels.registry import CHANNELS
from digests.channels.smtp import SmtpServer
from okr_model.exchange import Delivery, DeliveryError

DELIVERY = Delivery(
    digest="digest",
    period="2026-11-23T08:00",
    audience="leadership",
    channel="email",
    recipient="vp@example.org",
    subject="s",
    body=b"a mail",
)


def test_one_file_for_one_delivery_however_often_it_is_sent(tmp_path: Path) -> None:
    channel = CHANNELS.find("email").open(EmailOptions(), Context(0, "okr@example.org", tmp_path))
    channel.send(DELIVERY)
    channel.send(DELIVERY)
    [file] = (tmp_path / "mail").iterdir()
    assert file.read_bytes() == b"a mail"
    assert file.name.startswith("2026-11-23T08-00_leadership_vp-example.org_")
    assert file.suffix == ".eml"
    assert channel.idempotent


def test_recipients_alike_but_for_a_sign_get_files_of_their_own(tmp_path: Path) -> None:
    folder = EmlFolder(tmp_path)
    for recipient in ("a+b@example.org", "a-b@example.org", "../../a@example.org"):
        folder.send(msgspec.structs.replace(DELIVERY, recipient=recipient))
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    with pytest.raises(DeliveryError) as caught:
        EmlFolder(tmp_path / "mail").send(DELIVERY)
    assert caught.value.outcome == "transient"


def test_a_server_where_one_is_set(tmp_path: Path) -> None:
    context = Context(0, "okr@example.org", tmp_path, smtp_url="smtps://mail.example.org")
    channel = CHANNELS.find("email").open(EmailOptions(), context)
    assert isinstance(channel, Mail)
    assert isinstance(channel.way, SmtpServer)
    assert not channel.idempotent
