"""What becomes of an audience's digests: quiet hours, stale numbers, owners, and deliveries that go wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from config.problems import ConfigProblems
from digests.channels.eml import EmlFolder
from digests.channels.registry import CHANNELS
from ledger import outbox
from ledger.mending import MendRefused, rulings
from okr_model.exchange import Delivery
from sandbox.webhooks import Webhooks
from steps.checkin import Said, check_in
from steps.drain import drain
from steps.freeze import freeze_last, preview
from steps.mend import Decided, mend
from steps.remind import freeze_reminders
from steps.tests.conftest import OKRS
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
    assert drain(office.at("2026-11-30T08:00Z")) == {"sent": 1}
    held_back = [row for row in outbox.rows(office.at(MONDAY).engine) if row.audience == "desk"][-1]
    assert (held_back.state, (held_back.reason or "")[:7]) == ("suppressed", "paused:")
    text = mails(office)["ops@example.org"]
    assert "Two told of earlier wait still" in text
    assert f"`okr digest outbox --resend {held_back.id} --by NAME --note TEXT`" in text

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


def test_what_was_told_once_is_no_news_when_another_is_settled(office: Any, hooks: Webhooks) -> None:
    slack = "channels: [{slack: {webhook: {secret: DESK_SLACK}}}]"
    more = f"  team: {{every: {{on: monday, at: '08:00'}}, {slack}}}\n"
    audience(office, slack, more + OPS)
    hooks.answer = (404, {}, b"no_service")
    office.sync(MONDAY)
    now = office.at(MONDAY)
    assert drain(now) == {"failed": 2, "sent": 1}
    mend(now, [Decided("cancel", 1)], "Ana", "not wanted")
    assert drain(now) == {}
    mend(now, [Decided("resend", 2)], "Ana", "again")
    assert drain(now) == {"failed": 1, "sent": 1}  # which is news


def test_what_is_given_up_after_many_tries_pauses_nobody(office: Any, hooks: Webhooks) -> None:
    audience(office, "channels: [{slack: {webhook: {secret: DESK_SLACK}}}]")
    hooks.answer = (503, {"Retry-After": "0"}, b"")
    for monday in ("2026-11-09", "2026-11-16"):
        office.sync(f"{monday}T08:00Z")
        for minute in range(12):
            expected = {"failed": 1} if minute == 11 else {"retry": 1}
            assert drain(office.at(f"{monday}T08:{minute:02}Z")) == expected
    assert len(hooks.posts) == 24  # never twice in one drain, whatever it says
    hooks.answer = (200, {}, b"ok")
    office.sync("2026-11-23T08:00Z")
    assert drain(office.at("2026-11-23T08:00Z")) == {"sent": 1}


def test_a_fault_in_one_channel_keeps_nothing_else_from_going_out(
    office: Any, hooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    audience(office, "to: [ana@example.org], channels: [{slack: {webhook: {secret: DESK_SLACK}}}, email]")
    office.sync(MONDAY)

    def broken(*_: object) -> None:
        raise KeyError("a plugin's own mistake")

    monkeypatch.setattr("digests.channels.webhook.WebhookChannel.send", broken)
    now = office.at(MONDAY)
    assert drain(now) == {"ambiguous": 1, "sent": 1}
    [row] = [row for row in outbox.rows(now.engine) if row.state == "ambiguous"]
    assert row.reason == "KeyError, a fault in the channel slack"


def test_a_slow_drain_keeps_its_leases_and_a_second_one_leaves_it_alone(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    audience(office, "to: [a@example.org, b@example.org, c@example.org]")
    office.sync(MONDAY)
    monkeypatch.setattr("steps.drain.LEASE_MS", 300)
    second: list[dict[str, int]] = []

    def slow(self: EmlFolder, delivery: Delivery) -> None:
        time.sleep(0.2)
        if delivery.recipient == "c@example.org":  # 600 ms after the first lease was taken
            second.append(drain(office.at("2026-11-23T08:00:00.550Z")))

    monkeypatch.setattr(EmlFolder, "idempotent", False)
    monkeypatch.setattr(EmlFolder, "send", slow)
    assert drain(office.at(MONDAY)) == {"sent": 3}
    assert second == [{}]


def test_owners_hear_of_a_skipped_digest_even_if_it_is_killed_half_way(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    audience(office, "to: [vp@example.org], stale: skip")
    office.sync("2026-11-16T02:00Z")
    drain(office.at("2026-11-16T08:00Z"))
    for step in ("freeze", "suppress"):
        with monkeypatch.context() as patch:
            patch.setattr(f"ledger.outbox.{step}", _killed)
            with pytest.raises(SystemExit):
                freeze_last(office.at(MONDAY))
    freeze_last(office.at(MONDAY))
    assert drain(office.at(MONDAY)) == {"sent": 2}
    assert [row.state for row in outbox.rows(office.at(MONDAY).engine) if row.audience == "desk"].count(
        "suppressed"
    ) == 1


def test_owners_to_be_told_need_an_address(office: Any) -> None:
    audience(office, "to: owners")
    okrs = (office.folder / "okr" / "okrs.yaml").read_text()
    for owner, message in (("Ana", "the owner 'Ana' has no address to write to"), (None, "no key result of these")):
        text = okrs.replace("owner: ben@example.org", "weight: 1")
        office.write(
            "okrs.yaml", text.replace("    owner: ana@example.org\n", f"    owner: {owner}\n" if owner else "")
        )
        with pytest.raises(ConfigProblems) as found:
            office.at(MONDAY)
        [problem] = found.value.problems
        assert (problem.line, problem.key) == (2, "audiences.desk.to")
        assert message in problem.message


def _killed(*_: object) -> None:
    raise SystemExit


def test_owners_without_an_address_are_passed_over(office: Any) -> None:
    okrs = (office.folder / "okr" / "okrs.yaml").read_text()
    office.write("okrs.yaml", okrs.replace("owner: ana@example.org", "owner: Ana"))
    audience(office, "to: [vp@example.org], stale: skip")
    office.sync("2026-10-13T02:00Z")
    assert freeze_reminders(office.at("2026-10-13T08:00Z")) == 1  # to Ben alone
    office.sync("2026-11-16T02:00Z")
    now = office.at(MONDAY)
    freeze_last(now)
    drain(now)
    assert "the digest for desk was not sent" in mails(office)["ben@example.org"]


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


def test_after_an_outage_each_reader_gets_the_newest_alone(office: Any) -> None:
    audience(office, "to: [ana@example.org]")
    for monday in ("2026-11-09", "2026-11-16", "2026-11-23"):
        office.sync(f"{monday}T08:00Z")
    now = office.at(MONDAY)
    assert drain(now) == {"sent": 1}
    found = [(row.period[:10], row.state, row.reason) for row in outbox.rows(now.engine)]
    assert found == [
        ("2026-11-09", "suppressed", "the newer one of 2026-11-16T08:00 takes its place"),
        ("2026-11-16", "suppressed", "the newer one of 2026-11-23T08:00 takes its place"),
        ("2026-11-23", "sent", None),
    ]
    assert "there is nothing to compare with yet" in mails(office)["ana@example.org"]  # of the others nobody heard


def test_who_is_taken_out_of_the_file_gets_nothing_that_still_waits(office: Any) -> None:
    audience(
        office,
        "to: [ana@example.org, ben@example.org]",
        "  board: {to: [cy@example.org], every: {on: monday, at: '08:00'}}\n",
    )
    office.sync(MONDAY)
    audience(office, "to: [ana@example.org]")
    now = office.at(MONDAY)
    assert drain(now) == {"sent": 1, "suppressed": 2}
    assert {row.recipient: row.reason for row in outbox.rows(now.engine) if row.state == "suppressed"} == {
        "ben@example.org": "audiences.yaml names ben@example.org no more in desk",
        "cy@example.org": "audiences.yaml has no board any more",
    }
    assert set(mails(office)) == {"ana@example.org"}


def test_who_owns_nothing_any_more_gets_nothing_that_still_waits(office: Any) -> None:
    audience(office, "to: owners", "  board: {to: [cy@example.org], every: {on: monday, at: '08:00'}}\n")
    office.sync(MONDAY)
    freeze_reminders(office.at(MONDAY))
    waiting = {row.recipient for row in outbox.rows(office.at(MONDAY).engine) if row.digest == "check-in"}
    assert waiting == {"ana@example.org"}
    office.write("okrs.yaml", OKRS.replace("ana@example.org", "dora@example.org"))
    now = office.at(MONDAY)
    assert drain(now) == {"sent": 2, "suppressed": 2}
    assert {
        (row.digest, row.recipient, row.reason) for row in outbox.rows(now.engine) if row.state == "suppressed"
    } == {
        ("digest", "ana@example.org", "ana@example.org owns no key result in desk any more"),
        ("check-in", "ana@example.org", "ana@example.org owns no key result in okrs.yaml any more"),
    }
    assert set(mails(office)) == {"ben@example.org", "cy@example.org"}


def test_a_channel_that_the_file_drops_pauses_nobody_there(office: Any, hooks: Webhooks) -> None:
    slack, mail = "channels: [{slack: {webhook: {secret: DESK_SLACK}}}]", "to: [ana@example.org]"
    for monday in ("2026-11-09", "2026-11-16"):
        audience(office, slack)
        office.sync(f"{monday}T08:00Z")
        audience(office, mail)
        assert drain(office.at(f"{monday}T08:00Z")) == {"failed": 1}
    audience(office, slack)
    office.sync(MONDAY)
    assert drain(office.at(MONDAY)) == {"sent": 1}
    assert len(hooks.posts) == 1


@pytest.mark.parametrize("where", ["render", "open"])
def test_a_channel_that_cannot_write_leaves_the_others_alone_and_is_told(
    office: Any, hooks: Webhooks, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    audience(office, "to: [ana@example.org], channels: [{slack: {webhook: {secret: DESK_SLACK}}}, email]", OPS)

    def broken(*_: object) -> Any:
        raise ValueError("no such room") if where == "open" else KeyError("a plugin's own mistake")

    if where == "render":
        monkeypatch.setattr("digests.channels.webhook.WebhookChannel.render", broken)
    else:
        plugin = CHANNELS.find("slack")
        monkeypatch.setitem(CHANNELS._found, "slack", replace(plugin, open=broken))
    office.sync(MONDAY)
    now = office.at(MONDAY)
    assert drain(now) == {"sent": 2}
    why = "no such room" if where == "open" else "KeyError, a fault in the channel slack as it was written"
    [row] = [row for row in outbox.rows(now.engine) if row.channel == "slack"]
    assert (row.state, row.reason, hooks.posts) == ("failed", why, [])
    assert (
        f"Not made: digest of 2026-11-23T08:00 for desk, to DESK_SLACK (slack) {why[0].upper()}"
        in mails(office)["ops@example.org"]
    )
    with pytest.raises(MendRefused, match="could not be made, so there is nothing to send: cancel it"):
        mend(now, [Decided("resend", row.id or 0)], "Ana", "again")
    mend(now, [Decided("cancel", row.id or 0)], "Ana", "mended")
    assert drain(now) == {}
