"""Digests over webhooks, from `okr sync` to the chat, and a channel from a package of somebody else's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from sandbox.webhooks import Webhooks
from tests.place import MONDAY, ROOT, Place

KEY = "T000-B000-sEcReTkEy"
LATER = "2026-11-23T09:00:00+01:00"


@pytest.fixture
def hooks() -> Iterator[Webhooks]:
    with Webhooks() as made:
        yield made


def told(place: Place, channels: str) -> None:
    """The one audience gets its digests, and hears of failed sources, over these channels."""
    text = f"""
audiences:
  team: {{every: {{weeks: 1, on: monday, at: "08:00"}}, on: [source_failed], channels: {channels}}}
"""
    (place.folder / "okr" / "audiences.yaml").write_text(text)


def outbox(place: Place, **secrets: str) -> str:
    return " ".join(place.okr("digest", "outbox", now=LATER, COLUMNS="250", **secrets).stdout.split())


def test_digest_and_alert_reach_slack_and_teams_once(copied: Place, hooks: Webhooks) -> None:
    secrets = {"TEAM_SLACK": f"http://{hooks.netloc}/slack/{KEY}", "TEAM_TEAMS": f"http://{hooks.netloc}/teams/{KEY}"}
    told(copied, "[{slack: {webhook: {secret: TEAM_SLACK}}}, {teams: {webhook: {secret: TEAM_TEAMS}}}]")
    copied.sandbox.set_clock(MONDAY)
    copied.sandbox.fail("stripe", 401)
    assert copied.okr("sync", now=MONDAY, **secrets).returncode == 1
    shown = copied.okr("digest", "preview", "team", "--channel", "slack", now=MONDAY, **secrets)
    for _ in range(2):
        sent = copied.okr("digest", "send", now=MONDAY, **secrets)
        assert (sent.returncode, KEY in sent.stdout + sent.stderr) == (0, False)

    assert sorted(post.path for post in hooks.posts) == [f"/slack/{KEY}"] * 2 + [f"/teams/{KEY}"] * 2
    slack = [post.body.decode() for post in hooks.posts if post.path.startswith("/slack")]
    assert any("payments could not be read" in body for body in slack)
    assert shown.stdout.strip() in slack
    cards = [json.loads(post.body)["attachments"][0]["content"] for post in hooks.posts if "/teams" in post.path]
    assert all(card["type"] == "AdaptiveCard" for card in cards)
    listed = outbox(copied, **secrets)
    assert "TEAM_SLACK" in listed
    assert KEY not in listed
    assert KEY.encode() not in (copied.folder / "okr.db").read_bytes()


def test_too_many_requests_come_back_when_asked_and_with_the_same_bytes(copied: Place, hooks: Webhooks) -> None:
    told(copied, "[{slack: {webhook: {secret: TEAM_SLACK}}}]")
    secrets = {"TEAM_SLACK": f"http://{hooks.netloc}/{KEY}"}
    hooks.answer = (429, {"Retry-After": "1200"}, b"rate_limited")
    assert copied.okr("digest", "send", now=MONDAY, **secrets).returncode == 1
    hooks.answer = (200, {}, b"ok")
    copied.okr("digest", "send", now="2026-11-23T08:49:00+01:00", **secrets)
    assert len(hooks.posts) == 1
    copied.okr("digest", "send", now="2026-11-23T08:50:01+01:00", **secrets)
    assert len(hooks.posts) == 2
    assert hooks.posts[0].body == hooks.posts[1].body


def test_a_channel_that_is_taken_out_of_the_file_is_told_as_failed(copied: Place, hooks: Webhooks) -> None:
    told(copied, "[{slack: {webhook: {secret: TEAM_SLACK}}}]")
    secrets = {"TEAM_SLACK": f"http://{hooks.netloc}/{KEY}"}
    hooks.answer = (503, {}, b"")
    copied.okr("digest", "send", now=MONDAY, **secrets)
    told(copied, "[{teams: {webhook: {secret: TEAM_SLACK}}}]")
    assert copied.okr("digest", "send", now=LATER, **secrets).returncode == 1
    assert "audiences.yaml no longer sends team anything by slack to TEAM_SLACK" in outbox(copied, **secrets)


def test_the_channel_in_the_docs_works_as_it_is_written(copied: Place, hooks: Webhooks) -> None:
    text = (ROOT / "docs" / "channels.md").read_text()
    [plugin] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    [project] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert len(plugin.splitlines()) < 60
    site = copied.folder / "site"
    (site / "okrsync_gchat-1.0.dist-info").mkdir(parents=True)
    (site / "okrsync_gchat.py").write_text(plugin)
    (site / "okrsync_gchat-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: okrsync-gchat\n")
    group, entry = (
        re.findall(r'\[project\.entry-points\."(.+)"\]\n(\w+) = "(.+)"', project)[0][0],
        project.split("\n")[-2],
    )
    entries = f"[{group}]\n{entry.replace(chr(34), '')}\n"
    (site / "okrsync_gchat-1.0.dist-info" / "entry_points.txt").write_text(entries)
    more = {"TEAM_GCHAT": f"http://{hooks.netloc}/{KEY}", "PYTHONPATH": f"{ROOT}:{site}"}

    told(copied, "[{gchat: {hook: x}}]")
    wrong = copied.okr("check", now=MONDAY, **more)
    assert wrong.returncode == 2
    assert "audiences.yaml:3: audiences.team.channels[0].gchat: needs `webhook`" in wrong.stderr
    assert '"gchat"' in copied.okr("schema", **more).stdout

    (site / "okrsync_gchat-1.0.dist-info" / "entry_points.txt").write_text(f"{entries}pager = gone:CHANNEL\n")
    told(copied, "[{gchat: {webhook: {secret: TEAM_GCHAT}}}]")
    examined = copied.okr("doctor", now=MONDAY, **more).stdout
    assert "MEND plugin: channel 'pager' cannot be loaded from gone:CHANNEL: ModuleNotFoundError" in examined
    sent = copied.okr("digest", "send", now=MONDAY, **more)
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert "What changed" in json.loads(hooks.posts[0].body)["text"]
