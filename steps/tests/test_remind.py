"""Owners are told when a check-in of theirs is due, and again when it is overdue, and never twice."""

from __future__ import annotations

from datetime import date
from email import message_from_bytes
from email.policy import default
from typing import Any

from ledger import outbox
from steps.checkin import Said, check_in
from steps.drain import drain
from steps.remind import freeze_reminders


def test_each_owner_gets_one_mail_when_it_is_due_and_one_when_it_is_overdue(office: Any) -> None:
    office.sync("2026-10-10T02:00Z")
    assert freeze_reminders(office.at("2026-10-10T08:00Z")) == 0  # due on the 14th, which is far

    office.sync("2026-10-13T02:00Z")
    assert freeze_reminders(office.at("2026-10-13T08:00Z")) == 2
    assert freeze_reminders(office.at("2026-10-13T09:00Z")) == 0
    due = {row.recipient: row.subject for row in outbox.rows(office.at("2026-10-13T09:00Z").engine) if row.recipient}
    assert due == {
        "ana@example.org": "okrsync: 4 check-ins due by 14 Oct",
        "ben@example.org": "okrsync: 1 check-in due by 14 Oct",
    }

    check_in(office.at("2026-10-13T10:00Z"), Said("solved", note="fine", as_of=date(2026, 10, 13)))
    office.sync("2026-10-15T02:00Z")
    assert freeze_reminders(office.at("2026-10-15T08:00Z")) == 1
    late = outbox.rows(office.at("2026-10-15T09:00Z").engine)[-1]
    assert (late.recipient, late.subject) == ("ana@example.org", "okrsync: 4 check-ins overdue since 14 Oct")


def test_the_mail_says_where_it_stands_and_how_to_answer(office: Any) -> None:
    office.sync("2026-10-13T02:00Z")
    freeze_reminders(office.at("2026-10-13T08:00Z"))
    assert drain(office.at("2026-10-13T08:15Z")) == {"sent": 3}  # Monday's digest among them
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in (office.folder / "out").rglob("*.eml")]
    (mail,) = [each for each in mails if "check-ins due" in each["Subject"]]
    body: Any = mail.get_body(("plain",))
    text = " ".join(body.get_content().split())
    assert "okr checkin calls --value NUMBER --note TEXT" in text
    assert "okr checkin faster --note TEXT" in text
    assert "No Data: no value so far; nobody has checked in a value" in text
