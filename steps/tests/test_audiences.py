"""What becomes of an audience's digests: quiet hours, stale numbers, owners, and deliveries that go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from ledger import outbox
from ledger.mending import MendRefused, rulings
from sandbox.webhooks import Webhooks
from steps.checkin import Said, check_in
from steps.drain import drain
from steps.freeze import freeze_last, preview
from steps.mend import Decided, mend
from steps.wiring import Workspace

MONDAY = "2026-11-23T08:00Z"


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhooks]:
    with Webhooks() as made:
        monkeypatch.setenv("DESK_SLACK", f"http://{made.netloc}/desk")
        yield made


def audience(office: Any, text: str, others: str = "") -> None:
    office.write("audiences.yaml", f"audiences:\n  desk: {{every: {{on: monday, at: '08:00'}}, {text}}}\n{others}")


def states(workspace: Workspace) -> list[tuple[str, str, str]]:
    return [(row.audience, row.recipient, row.state) for row in outbox.rows(workspace.engine)]


def mails(office: Any) -> dict[str, str]:
    """Recipient -> the plain text of what it was sent last."""
    found = {}
    for path in sorted((office.folder / "out" / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns):
        mail: Any = message_from_bytes(path.read_bytes(), policy=default)
        found[mail["To"]] = f"{mail['Subject']}\n" + " ".join(mail.get_body(("plain",)).get_content().split())
    return found


def test_what_comes_due_in_quiet_hours_waits_for_their_end(office: Any) -> None:
    audience(office, "to: [ana@example.org], quiet: {from: '22:00', to: '09:00'}")
    office.sync(MONDAY)
    for now, sent in (("08:00Z", {}), ("08:59Z", {}), ("09:00Z", {"sent": 1}), ("21:59Z", {})):
        assert drain(office.at(f"2026-11-23T{now}")) == sent


def test_stale_numbers_are_waited_for_until_the_deadline(office: Any) -> None:
    audience(office, "to: [ana@example.org], stale: {hold: 6h}")
    office.sync("2026-11-16T02:00Z")
    drain(office.at("2026-11-16T07:00Z"))
    assert freeze_last(office.at("2026-11-23T08:00Z")) == 0
    assert freeze_last(office.at("2026-11-23T13:59Z")) == 0
    assert freeze_last(office.at("2026-11-23T14:00Z")) == 1
    drain(office.at("2026-11-23T14:00Z"))
    assert "Stale" in mails(office)["ana@example.org"]


def test_fresh_numbers_end_the_waiting(office: Any) -> None:
    audience(office, "to: [ana@example.org], stale: {hold: 6h}")
    office.sync("2026-11-16T08:00Z")
    drain(office.at("2026-11-16T08:00Z"))
    assert freeze_last(office.at("2026-11-23T08:00Z")) == 0
    office.sync("2026-11-23T08:30Z")  # mended
    assert drain(office.at("2026-11-23T08:45Z")) == {"sent": 1}
    assert "Stale" not in mails(office)["ana@example.org"]


def test_a_digest_of_old_numbers_can_be_skipped_and_the_owners_are_told(office: Any) -> None:
    audience(office, "to: [vp@example.org], stale: skip")
    office.sync("2026-11-16T02:00Z")
    drain(office.at("2026-11-16T08:00Z"))
    now = office.at(MONDAY)
    freeze_last(now)
    assert drain(now)["sent"] == 2
    assert "2026-11-22" not in mails(office)["vp@example.org"]
    [skipped] = [row for row in outbox.rows(now.engine) if row.state == "suppressed"]
    assert skipped.reason == "skipped: faster, solved and steady stand on old data"
    for owner in ("ana@example.org", "ben@example.org"):
        assert "the digest for desk was not sent" in mails(office)[owner]
    assert freeze_last(office.at("2026-11-23T09:00Z")) == 0


def test_each_owner_gets_their_own_key_results_alone(office: Any) -> None:
    audience(office, "to: owners")
    office.sync("2026-11-16T09:00Z")
    now = office.at("2026-11-16T09:00Z")
    assert drain(now) == {"sent": 2}
    told = mails(office)
    assert "Solved within two days" in told["ben@example.org"]
    assert "Faster" not in told["ben@example.org"]
    assert "Faster" in told["ana@example.org"]
    assert "because you own these key results" in told["ana@example.org"]
    assert {each.delivery.recipient for each in preview(now, "desk")} == {"ana@example.org", "ben@example.org"}
    office.sync("2026-11-23T09:00Z")
    drain(office.at("2026-11-23T09:00Z"))
    assert "since 15 November" in mails(office)["ben@example.org"]  # compared with what Ben himself was sent


def test_what_was_worse_in_between_is_told(office: Any) -> None:
    audience(office, "to: [ana@example.org]")
    check_in(office.at("2026-11-14T12:00Z"), Said("calls", value="39", as_of=date(2026, 11, 14)))
    office.sync("2026-11-16T08:00Z")
    drain(office.at("2026-11-16T08:00Z"))
    for day, calls in ((18, 2), (21, 39)):
        check_in(office.at(f"2026-11-{day}T12:00Z"), Said("calls", value=str(calls), as_of=date(2026, 11, day)))
    office.sync("2026-11-23T08:00Z")
    drain(office.at(MONDAY))
    text = mails(office)["ana@example.org"]
    assert "OKRs Q4 2026, week 47: one worse in between" in text
    assert "One key result was worse in between. Every number is known." in text
    assert "In between: Calls made It was Off Track from 18 Nov to 21 Nov, and no digest told of it." in text


OPS = "  operators: {to: [ops@example.org], on: [delivery_failed]}\n"


def test_what_fails_is_told_once_paused_after_two_and_mended_by_a_person(office: Any, hooks: Webhooks) -> None:
    files = (
        "audiences:\n  desk: {every: {on: monday, at: '08:00'}, channels: [{slack: {webhook: {secret: DESK_SLACK}}}]}\n"
    )
    office.write("audiences.yaml", files + OPS)
    hooks.answer = (404, {}, b"no_service")
    office.sync("2026-11-16T08:00Z")
    assert drain(office.at("2026-11-16T08:00Z")) == {"failed": 1, "sent": 1}
    assert drain(office.at("2026-11-16T08:15Z")) == {}
    text = mails(office)["ops@example.org"]
    assert "okrsync: 1 message did not surely arrive" in text
    assert "Slack refused it (404 no_service)" in text
    assert "`okr digest outbox --resend 1 --by NAME --note TEXT`" in text

    office.sync("2026-11-23T08:00Z")
    assert drain(office.at("2026-11-23T08:00Z")) == {"failed": 1, "sent": 1}
    office.sync("2026-11-30T08:00Z")
    assert drain(office.at("2026-11-30T08:00Z")) == {}
    last = outbox.rows(office.at(MONDAY).engine)[-1]
    assert (last.state, (last.reason or "")[:7]) == ("suppressed", "paused:")

    hooks.answer = (200, {}, b"ok")
    later = office.at("2026-11-30T09:00Z")
    with pytest.raises(MendRefused, match="needs --by NAME and --note TEXT"):
        mend(later, [Decided("resend", 1)], None, "fixed")
    for wrong, why in ((2, "delivery 2 is sent: resend is for"), (99, "there is no delivery 99")):
        with pytest.raises(MendRefused, match=why):
            mend(later, [Decided("resend", wrong)], "Ana", "fixed")
    [failed] = [
        row.id or 0
        for row in outbox.rows(later.engine)
        if row.state == "failed" and row.period.startswith("2026-11-23")
    ]
    assert mend(later, [Decided("resend", failed)], "Ana", "new webhook") == [
        f"delivery {failed} will be sent again by the next drain"
    ]
    assert drain(later) == {"sent": 1}
    assert hooks.posts[-1].body == hooks.posts[-2].body
    assert [(each.word, each.was, each.by, each.note) for each in rulings(later.engine)] == [
        ("resend", "failed", "Ana", "new webhook")
    ]
    office.sync("2026-12-07T08:00Z")
    assert drain(office.at("2026-12-07T08:00Z"))["sent"] >= 1
    assert outbox.rows(later.engine)[-1].state == "sent"


def test_an_ambiguous_one_is_settled_either_way(office: Any, hooks: Webhooks) -> None:
    audience(office, "channels: [{slack: {webhook: {secret: DESK_SLACK}}}]")
    hooks.answer = None
    office.sync("2026-11-23T08:00Z")
    now = office.at(MONDAY)
    assert drain(now) == {"ambiguous": 1}
    assert len(hooks.posts) == 1
    assert drain(office.at("2026-11-24T08:00Z")) == {}
    mend(now, [Decided("arrived", 1)], "Ana", "seen in the channel")
    assert states(now) == [("desk", "DESK_SLACK", "sent")]
    with pytest.raises(MendRefused, match="delivery 1 is sent: cancel is for pending, retry, failed, ambiguous"):
        mend(now, [Decided("cancel", 1)], "Ana", "no")
    assert len(hooks.posts) == 1
