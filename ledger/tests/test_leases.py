"""Leases, and processes that are killed while they hold one."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from sqlalchemy import Engine

from ledger.holders import Holder, alive, this_process
from ledger.leases import LeaseLost, LeaseTaken, held, release, renew, take

Spawn = Callable[[str], subprocess.Popen[str]]
ELSEWHERE = Holder(host="worker-7", pid=12, started="99", run_id="r-else")
HOLD = """
from ledger.leases import take
from ledger.holders import this_process
print(take(engine, "sync", this_process("r-child"), 0, 1_000_000), flush=True)
time.sleep(60)
"""


def test_a_lease_is_refused_while_it_is_held(engine: Engine) -> None:
    epoch = take(engine, "sync", ELSEWHERE, 0, 60_000)
    assert held(engine, "sync", epoch)
    with pytest.raises(LeaseTaken, match=r"process 12 on worker-7 \(run r-else\) since 1970-01-01 00:00:00 UTC"):
        take(engine, "sync", this_process("r2"), 59_999, 60_000)
    assert take(engine, "drain", this_process("r2"), 0, 60_000) == 1


def test_the_same_process_does_not_get_it_twice(engine: Engine) -> None:
    take(engine, "sync", this_process("r1"), 0, 60_000)
    with pytest.raises(LeaseTaken):
        take(engine, "sync", this_process("r1"), 0, 60_000)


def test_a_lapsed_lease_is_taken_over_and_the_first_holder_learns_of_it(engine: Engine) -> None:
    first = take(engine, "sync", ELSEWHERE, 0, 60_000)
    second = take(engine, "sync", this_process("r2"), 60_000, 60_000)
    assert second > first
    assert not held(engine, "sync", first)
    with pytest.raises(LeaseLost, match="taken over sync"):
        renew(engine, "sync", first, 60_001, 60_000)
    release(engine, "sync", first)
    assert held(engine, "sync", second)


def test_a_renewed_lease_lasts_longer(engine: Engine) -> None:
    epoch = take(engine, "sync", ELSEWHERE, 0, 10)
    renew(engine, "sync", epoch, 9, 10)
    with pytest.raises(LeaseTaken):
        take(engine, "sync", this_process("r2"), 18, 10)


def test_a_released_lease_is_free_and_its_epoch_never_comes_again(engine: Engine) -> None:
    first = take(engine, "sync", ELSEWHERE, 0, 60_000)
    release(engine, "sync", first)
    assert not held(engine, "sync", first)
    with pytest.raises(LeaseLost):
        renew(engine, "sync", first, 1, 10)
    assert take(engine, "sync", this_process("r2"), 1, 60_000) == first + 1


def test_of_many_at_once_one_has_it(engine: Engine) -> None:
    def attempt(number: int) -> bool:
        try:
            return take(engine, "sync", this_process(f"r{number}"), 0, 60_000) == 1
        except LeaseTaken:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_a_killed_run_can_be_followed_at_once(engine: Engine, spawn: Spawn) -> None:
    child = spawn(HOLD)
    assert child.stdout is not None
    assert child.stdout.readline() == "1\n"
    with pytest.raises(LeaseTaken, match=f"process {child.pid} "):
        take(engine, "sync", this_process("r2"), 1, 60_000)
    child.kill()
    child.stdout.read()  # ends when the process does; nobody has waited for it yet, so it stays as a zombie
    assert _within_a_second(lambda: take(engine, "sync", this_process("r2"), 2, 60_000)) == 2
    assert not held(engine, "sync", 1)


def _within_a_second(attempt: Callable[[], int]) -> int:
    for _ in range(100):
        try:
            return attempt()
        except LeaseTaken:
            time.sleep(0.01)
    return attempt()


def test_another_process_with_the_same_number_is_another_process() -> None:
    me = this_process("r1")
    assert alive(me)
    assert not alive(msgspec.structs.replace(me, started=me.started + "1"))


def test_what_cannot_be_known_is_taken_for_alive() -> None:
    assert alive(ELSEWHERE)
    assert alive(msgspec.structs.replace(this_process("r1"), started=""))
