"""The digest as Slack and Teams get it: whole where it fits, cut from the end where it does not, and inert."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from digests.conftest import golden
from digests.formats import slack, teams
from okr_model.digest import Digest, Line, Note, Notes, Row, Section, Table

HOSTILE = "<!channel> <@U1> <https://evil.example|here> [x](https://evil.example) *b* _i_ `c` </at> {{title}}\n# h"
Render = Callable[[Digest], bytes]


@pytest.mark.parametrize(("name", "render"), [("slack.json", slack.render), ("teams.json", teams.render)])
def test_golden(digest: Digest, name: str, render: Render) -> None:
    golden(name, json.dumps(json.loads(render(digest)), indent=1, ensure_ascii=False) + "\n")


def slack_texts(message: Any) -> Iterator[str]:
    for block in message["blocks"]:
        if block["type"] == "rich_text":
            yield from (run["text"] for section in block["elements"] for run in section["elements"])
        else:
            yield from (each["text"] for each in block.get("elements", [block.get("text")]))


def teams_texts(message: Any) -> Iterator[str]:
    for block in message["attachments"][0]["content"]["body"]:
        yield from (run["text"] for run in block["inlines"])


def shown(render: Render, digest: Digest) -> str:
    message = json.loads(render(digest))
    return "".join(slack_texts(message) if render is slack.render else teams_texts(message))


@pytest.mark.parametrize("render", [slack.render, teams.render])
def test_everything_that_matters_is_there_the_urgent_first(digest: Digest, render: Render) -> None:
    told = shown(render, digest)
    for text in (
        digest.headline,
        digest.lede,
        "▼ Off Track (was At Risk)",
        "19.6 h, target 12 h",
        "◌ Stale",
        "Challenge",
    ):
        assert text in told
    places = [
        told.index(text) for text in ("What changed since", "Needs attention", "What is not known", "61 % of the way")
    ]
    assert places == sorted(places)
    assert "did not fit" not in told


def hostile(digest: Digest) -> Digest:
    row = Row(key_result="k", title=HOSTILE, data=HOSTILE, actual=HOSTILE, target=HOSTILE, status="At Risk", reason="r")
    note = Note(key_result="k", title="t", who=HOSTILE, when="w", texts=(("C", HOSTILE),))
    return msgspec.structs.replace(
        digest,
        subject=HOSTILE,
        headline=HOSTILE,
        blocks=(
            Section(heading=HOSTILE, lines=(Line(status="Stale", title=HOSTILE, why=HOSTILE),)),
            Table(objective=HOSTILE, summary=HOSTILE, rows=(row,)),
            Notes(heading="n", notes=(note,)),
        ),
        scorecard_link="javascript:alert(1)",
    )


def test_slack_is_given_nothing_to_act_upon(digest: Digest) -> None:
    message = json.loads(slack.render(hostile(digest)))
    assert not set("<>") & set(message["text"])
    assert {block["type"] for block in message["blocks"]} == {"header", "context", "section", "rich_text"}
    for block in message["blocks"]:
        if block["type"] == "rich_text":
            kinds = {run["type"] for section in block["elements"] for run in section["elements"]}
            assert kinds == {"text"}  # never user, broadcast, link or emoji
        else:
            assert {each["type"] for each in block.get("elements", [block.get("text")])} == {"plain_text"}


def test_teams_is_given_nothing_to_act_upon(digest: Digest) -> None:
    card = json.loads(teams.render(hostile(digest)))["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}  # a TextBlock would read Markdown
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    assert "actions" not in card


def large(digest: Digest, count: int) -> Digest:
    rows = [
        Row(
            key_result=f"kr-{place}",
            title=f"Reduce the mean time from report to first decision in queue {place} from 24 to 12 hours",
            data="to 22 Nov, n = 8,211",
            actual="19.6 h",
            target="12 h",
            status="Off Track",
            reason="3.2 h above plan (covers 16 to 22 Nov)",
            progress=0.4,
            expected=0.6,
        )
        for place in range(count)
    ]
    tables = tuple(
        Table(objective=f"Objective {start}", summary="40 % of the way", rows=tuple(rows[start : start + 3]))
        for start in range(0, count, 3)
    )
    return msgspec.structs.replace(digest, blocks=(*digest.blocks, *tables))


@pytest.mark.parametrize("count", [60, 500])
def test_what_does_not_fit_is_counted_and_left_to_the_scorecard(digest: Digest, count: int) -> None:
    message = json.loads(slack.render(large(digest, count)))
    assert len(message["blocks"]) <= 50
    assert len(json.dumps(message["blocks"], ensure_ascii=False, separators=(",", ":"))) <= 12_000
    card = teams.render(large(digest, count))
    assert len(card.decode().encode("utf-16-le")) <= 28_000
    for render in (slack.render, teams.render):
        told = shown(render, large(digest, count))
        there = sum(f"in queue {place} from" in told for place in range(count))
        assert there > 10
        [left] = re.findall(r"(\d+) lines more did not fit here", told)
        # of the digest's own blocks, ten items come after the key results' tables
        assert 0 <= int(left) - (count - there) <= 10
    end = message["blocks"][-2]["elements"][0]["elements"]
    assert end == [{"type": "link", "url": "https://okr.example.org/", "text": "Open the scorecard"}]


@pytest.mark.parametrize("length", [151, 3_001, 40_000])
def test_long_texts_stay_within_slacks_limits(digest: Digest, length: int) -> None:
    long = "w" * length
    lines = (Line(status="Off Track", title=long, why=long),)
    told = msgspec.structs.replace(digest, headline=long, lede=long, blocks=(Section(heading=long, lines=lines),))
    message = json.loads(slack.render(told))
    header, _, lede, *_ = message["blocks"]
    assert len(header["text"]["text"]) <= 150
    assert len(lede["text"]["text"]) <= 3_000
    assert len(message["text"]) <= 3_000
    assert len(json.dumps(message["blocks"], ensure_ascii=False)) <= 13_000
