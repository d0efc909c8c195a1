"""One source refuses its key on the second night."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from tests.place import MONDAY, Place

PAYMENTS_ONLY = {"monitoring"}


def mails_to(paths: list[Path], recipient: str) -> list[Any]:
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in paths]
    return [mail for mail in found if recipient in mail["To"]]


def test_its_key_results_say_so_and_the_others_are_untouched(copied: Place, synced: tuple[Place, Any]) -> None:
    _, first = synced
    copied.sandbox.set_clock(MONDAY)
    copied.sandbox.fail("stripe", 401)
    report = copied.okr_json("sync", now=MONDAY, code=1)

    assert report["state"] == "degraded"
    assert report["sources"]["payments"]["state"] == "failed"
    assert report["sources"]["payments"]["error"]["kind"] == "config"
    assert {name for name, each in report["sources"].items() if each["state"] != "ok"} == {"payments"}
    for metric in ("monitoring_speed", "monitoring_accuracy"):
        reading = report["readings"][metric]
        assert (reading["state"], reading["value"]) == ("none", None)
        assert reading["reason"].startswith("source_error: ")
    assert all(each["state"] == "ok" for name, each in report["readings"].items() if not name.startswith("monitoring"))

    assert report["key_results"]["monitoring"]["actual"] == first["key_results"]["monitoring"]["actual"]
    assert report["key_results"]["monitoring"]["actual"] is not None
    text = copied.okr("explain", "monitoring", now=MONDAY).stdout
    assert "401" in text
    assert "21 Nov" in text


def test_operators_get_a_mail_and_readers_are_told_what_is_not_known(copied: Place) -> None:
    copied.sandbox.set_clock(MONDAY)
    copied.sandbox.fail("stripe", 401)
    assert copied.okr("sync", now=MONDAY).returncode == 1
    assert copied.okr("digest", "send", now=MONDAY).returncode == 0

    alerts = mails_to(copied.mails(), "ops@example.org")
    assert len(alerts) == 1
    alert = alerts[0].get_body(("plain",)).get_content()
    assert "payments" in alert
    assert "401" in alert
    monday = [path for path in copied.mails() if path.name.startswith("2026-11-23T08-00_leadership")]
    (digest,) = mails_to(monday, "vp@example.org")
    not_known = digest.get_body(("plain",)).get_content().split("What is not known")[1]
    assert "payments" in not_known


def test_the_alert_goes_out_once_however_often_the_day_is_synced(copied: Place) -> None:
    copied.sandbox.set_clock(MONDAY)
    copied.sandbox.fail("stripe", 401)
    for _ in range(2):
        assert copied.okr("sync", now=MONDAY).returncode == 1
        copied.okr("digest", "send", now=MONDAY)
    assert len(mails_to(copied.mails(), "ops@example.org")) == 1


def test_a_source_that_comes_back_is_caught_up(copied: Place) -> None:
    copied.sandbox.set_clock(MONDAY)
    copied.sandbox.fail("stripe", 500, after=2)
    assert copied.okr("sync", now=MONDAY).returncode == 1
    copied.sandbox.fail("stripe", None)
    report = copied.okr_json("sync", now=MONDAY)
    assert report["state"] == "completed"
    assert report["readings"]["monitoring_speed"]["state"] == "ok"


def test_when_nothing_runs_any_more_a_digest_says_stale_and_not_that_nothing_changed(copied: Place) -> None:
    assert copied.okr("digest", "send").returncode == 0
    later = "2026-11-30T09:30:00+01:00"
    assert copied.okr("digest", "send", now=later).returncode == 0
    last = [path for path in copied.mails() if path.name.startswith("2026-11-30T08-00_leadership")]
    (digest,) = mails_to(last, "vp@example.org")
    text = digest.get_body(("plain",)).get_content()
    assert "Stale" in text
    assert "Nothing changed" not in text
