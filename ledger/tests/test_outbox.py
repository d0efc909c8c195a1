"""The outbox: frozen once, claimed once, nobody twice, nobody skipped in silence."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from ledger import outbox
from ledger.holders import Holder, alive, this_process
from ledger.outbox import Claimed, DigestKey
from okr_model.exchange import Delivery

Spawn = Callable[[str], subprocess.Popen[str]]
KEY = DigestKey("digest", "2026-11-23T08:00", "leadership")
ME = Holder(host="here", pid=1, started="1", run_id="r1")


def delivery(recipient: str = "vp@example.org", channel: str = "email", body: bytes = b"mail \x00\xff") -> Delivery:
    return Delivery(
        digest=KEY.digest,
        period=KEY.period,
        audience=KEY.audience,
        channel=channel,
        recipient=recipient,
        subject="One slipped",
        body=body,
    )


def many(count: int, channel: str = "email") -> list[Delivery]:
    return [delivery(f"p{number}@example.org", channel) for number in range(count)]


def claim(engine: Engine, now: int = 100, limit: int = 10) -> list[Claimed]:
    return outbox.claim(engine, now, ME, 1000, limit)


def states(engine: Engine) -> list[str]:
    return [row.state for row in outbox.rows(engine)]


def test_a_delivery_is_claimed_as_it_was_frozen_and_then_sent(engine: Engine) -> None:
    assert outbox.freeze(engine, KEY, b"document", [delivery()], 10) == 1
    assert states(engine) == ["pending"]
    (claimed,) = claim(engine)
    assert claimed.delivery == delivery()
    assert states(engine) == ["sending"]
    assert claim(engine) == []
    assert outbox.sent(engine, claimed.id, claimed.epoch, 110)
    (row,) = outbox.rows(engine)
    assert (row.state, row.changed_at, row.epoch, row.recipient) == ("sent", 110, 1, "vp@example.org")


def test_freezing_the_period_again_changes_no_byte_and_adds_nobody(engine: Engine) -> None:
    outbox.freeze(engine, KEY, b"first", [delivery(body=b"first")], 10)
    assert outbox.freeze(engine, KEY, b"second", [delivery(body=b"second"), delivery("new@example.org")], 20) == 0
    (claimed,) = claim(engine)
    assert claimed.delivery.body == b"first"
    outbox.sent(engine, claimed.id, claimed.epoch, 110)
    assert outbox.last_sent(engine, "digest", "leadership") == b"first"


def test_a_recipient_named_twice_gets_one(engine: Engine) -> None:
    assert outbox.freeze(engine, KEY, b"d", [delivery(), delivery(), delivery(channel="slack")], 10) == 2


def test_a_digest_for_nobody_is_seen_in_the_outbox(engine: Engine) -> None:
    assert outbox.freeze(engine, KEY, b"d", [], 10) == 0
    (row,) = outbox.rows(engine)
    assert (row.state, row.reason, row.channel) == ("suppressed", "it has no recipient", "")


def test_another_audience_or_period_is_another_digest(engine: Engine) -> None:
    for key in (KEY, KEY._replace(audience="operators"), KEY._replace(period="2026-11-30T08:00")):
        assert outbox.freeze(engine, key, b"d", [delivery()], 10) == 1
    assert len({(each.delivery.period, each.delivery.audience) for each in claim(engine)}) == 3


def test_no_older_digest_is_frozen_behind_a_newer_one(engine: Engine) -> None:
    """A process that began before the newer one was due would come late with the older one."""
    assert outbox.freeze(engine, KEY, b"d", [delivery()], 10) == 1
    older = KEY._replace(period="2026-11-16T08:00")
    assert outbox.freeze(engine, older, b"d", [delivery()], 20) == 0
    assert [(row.period, row.state, row.reason) for row in outbox.rows(engine)] == [
        (KEY.period, "pending", None),
        (older.period, "suppressed", f"the newer one of {KEY.period} was there before it"),
    ]
    assert outbox.freeze(engine, KEY._replace(period="2026-11-30T08:00"), b"d", [delivery()], 30) == 1
    assert outbox.freeze(engine, older._replace(audience="operators"), b"d", [delivery()], 20) == 1
    for name in ("b", "a"):
        assert outbox.freeze(engine, DigestKey("alert", name, "leadership"), b"d", [delivery()], 20) == 1, "no order"


def test_two_who_freeze_at_once_freeze_once(engine: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(lambda _: outbox.freeze(engine, KEY, b"d", many(5), 10), range(4)))
    assert sorted(added) == [0, 0, 0, 5]


def test_what_is_suppressed_is_never_claimed(engine: Engine) -> None:
    later = KEY._replace(period="2026-11-30T08:00")
    outbox.suppress(engine, KEY, "a newer one is due", 5)
    assert outbox.freeze(engine, KEY, b"d", [delivery()], 10) == 0
    outbox.freeze(engine, later, b"d", many(2), 10)
    (going,) = claim(engine, limit=1)
    outbox.suppress(engine, later, "held too long", 20)
    assert claim(engine) == []
    assert [(row.state, row.reason) for row in outbox.rows(engine)] == [
        ("suppressed", "a newer one is due"),
        ("sending", None),
        ("suppressed", "held too long"),
    ]
    assert outbox.sent(engine, going.id, going.epoch, 30)


def test_a_retry_waits_for_its_time_and_sends_the_same_bytes(engine: Engine) -> None:
    outbox.freeze(engine, KEY, b"d", [delivery()], 10)
    (first,) = claim(engine)
    assert outbox.retry(engine, first.id, first.epoch, 110, not_before=500, why="421 try later")
    assert claim(engine, now=499) == []
    (second,) = claim(engine, now=500)
    assert second.delivery == first.delivery
    assert second.epoch == first.epoch + 1


def test_who_lost_a_delivery_cannot_settle_it(engine: Engine) -> None:
    outbox.freeze(engine, KEY, b"d", [delivery(channel="eml")], 10)
    (first,) = claim(engine)
    outbox.recover(engine, 5000, lambda _: True, {"eml"})
    (second,) = claim(engine, now=5000)
    stale = (engine, first.id, first.epoch, 5001)
    assert not outbox.sent(*stale)
    assert not outbox.retry(*stale, not_before=6000, why="x")
    assert not outbox.failed(*stale, "x")
    assert not outbox.ambiguous(*stale, "x")
    assert states(engine) == ["sending"]
    assert outbox.sent(engine, second.id, second.epoch, 5002)


@pytest.mark.parametrize("end", [outbox.failed, outbox.ambiguous])
def test_what_failed_or_is_ambiguous_is_not_sent_again(
    engine: Engine, end: Callable[[Engine, int, int, int, str], bool]
) -> None:
    outbox.freeze(engine, KEY, b"d", [delivery()], 10)
    (claimed,) = claim(engine)
    assert end(engine, claimed.id, claimed.epoch, 110, "550 no such user")
    assert claim(engine, now=10**9) == []
    (row,) = outbox.rows(engine)
    assert (row.state, row.reason) == (end.__name__, "550 no such user")
    assert outbox.last_sent(engine, "digest", "leadership") is None


def test_a_late_success_settles_what_was_given_up_as_ambiguous(engine: Engine) -> None:
    outbox.freeze(engine, KEY, b"d", [delivery()], 10)
    (claimed,) = claim(engine)
    outbox.recover(engine, 5000, lambda _: True, set())
    assert states(engine) == ["ambiguous"]
    assert outbox.sent(engine, claimed.id, claimed.epoch, 5001)
    assert [(row.state, row.reason) for row in outbox.rows(engine)] == [("sent", None)]


def test_only_what_is_stuck_is_recovered(engine: Engine) -> None:
    outbox.freeze(engine, KEY, b"d", [*many(1), *many(1, "eml")], 10)
    claim(engine)
    assert outbox.recover(engine, 1099, lambda _: True, {"eml"}) == []
    found = outbox.recover(engine, 1100, lambda _: True, {"eml"})
    assert [(row.channel, row.state) for row in found] == [("email", "ambiguous"), ("eml", "retry")]
    assert [each.delivery.channel for each in claim(engine, now=1100)] == ["eml"]


def test_the_last_sent_is_the_newest_period_that_somebody_got(engine: Engine) -> None:
    assert outbox.last_sent(engine, "digest", "leadership") is None
    for period in ("2026-11-16T08:00", "2026-11-09T08:00", "2026-11-23T08:00"):
        outbox.freeze(engine, KEY._replace(period=period), period.encode(), many(2), 10)
    for claimed in claim(engine):
        if claimed.delivery.period < "2026-11-20" and claimed.delivery.recipient.startswith("p1"):
            outbox.sent(engine, claimed.id, claimed.epoch, 110)
        else:
            outbox.failed(engine, claimed.id, claimed.epoch, 110, "550")
    assert outbox.last_sent(engine, "digest", "leadership") == b"2026-11-16T08:00"
    assert outbox.last_sent(engine, "digest", "operators") is None
    assert outbox.last_sent(engine, "alert", "leadership") is None


def test_threads_that_drain_at_once_never_claim_the_same(engine: Engine) -> None:
    outbox.freeze(engine, KEY, b"d", many(60), 10)

    def drain(_: int) -> list[int]:
        mine: list[int] = []
        while batch := claim(engine, limit=3):
            mine += [each.id for each in batch]
        return mine

    with ThreadPoolExecutor(4) as pool:
        claimed = Counter(number for mine in pool.map(drain, range(4)) for number in mine)
    assert set(claimed.values()) == {1}
    assert len(claimed) == 60


DRAIN = """
from ledger import outbox
from ledger.holders import this_process
while batch := outbox.claim(engine, 100, this_process("r"), 1000, 2):
    for each in batch:
        print(each.id, flush=True)
        outbox.sent(engine, each.id, each.epoch, 110)
"""


def test_processes_that_drain_at_once_send_each_once(engine: Engine, spawn: Spawn) -> None:
    outbox.freeze(engine, KEY, b"d", many(40), 10)
    printed = [child.communicate()[0].split() for child in [spawn(DRAIN), spawn(DRAIN)]]
    numbers = [number for mine in printed for number in mine]
    assert len(numbers) == len(set(numbers)) == 40
    assert states(engine) == ["sent"] * 40


CLAIM = """
from ledger import outbox
from ledger.holders import this_process
print(len(outbox.claim(engine, 100, this_process("r"), 10**9, 2)), flush=True)
time.sleep(60)
"""


def test_a_sender_killed_while_sending_is_recovered_before_its_lease_ends(engine: Engine, spawn: Spawn) -> None:
    outbox.freeze(engine, KEY, b"d", [*many(1), *many(2, "eml")], 10)
    child = spawn(CLAIM)
    assert child.stdout is not None
    assert child.stdout.readline() == "2\n"
    assert outbox.recover(engine, 200, alive, {"eml"}) == []
    child.kill()
    child.wait()
    found = outbox.recover(engine, 200, alive, {"eml"})
    assert [(row.channel, row.state) for row in found] == [("email", "ambiguous"), ("eml", "retry")]
    assert [each.delivery.channel for each in outbox.claim(engine, 200, this_process("r2"), 1000, 9)] == ["eml", "eml"]


FREEZE = """
from ledger import outbox
from okr_model.exchange import Delivery
class Slow(list):
    def __reversed__(self):
        print("half", flush=True)
        time.sleep(60)
one = Delivery(digest="digest", period="2026-11-23T08:00", audience="leadership", channel="email",
    recipient="vp@example.org", subject="", body=b"half")
outbox.freeze(engine, outbox.DigestKey("digest", "2026-11-23T08:00", "leadership"), b"half", Slow([one]), 10)
"""


def test_a_process_killed_in_the_middle_of_freezing_has_frozen_nothing(engine: Engine, spawn: Spawn) -> None:
    child = spawn(FREEZE)
    assert child.stdout is not None
    assert child.stdout.readline() == "half\n"
    assert outbox.rows(engine) == []
    child.kill()
    child.wait()
    assert outbox.freeze(engine, KEY, b"whole", many(3), 20) == 3
    assert [each.delivery.body for each in claim(engine)] == [b"mail \x00\xff"] * 3
