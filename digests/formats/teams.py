"""A digest as an Adaptive Card, in the envelope that Teams' Workflows webhooks take.

Limits: 28 kB for the whole message (Microsoft's documentation of webhooks), which the service counts in UTF-16.
Version 1.4 of the cards, which every Teams client shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from digests.formats.chat import Item, Part, Run, fitting, one_line, parts
from digests.formats.html import safe_link
from okr_model.digest import Digest
from okr_model.digest_labels import OPEN_SCORECARD, left_out

ROOM = 13_000
"""Characters of JSON: 26 kB in UTF-16."""
_MOST_PARTS = 60
_LONGEST = 2_000
_COLOURS = {"on": "Good", "done": "Good", "risk": "Warning", "off": "Attention"}

Json: TypeAlias = dict[str, Any]
_QUIET: Json = {"isSubtle": True, "size": "Small"}


def render(digest: Digest) -> bytes:
    """The webhook's body."""
    start = [
        _block([Run(one_line(digest.headline, _LONGEST), bold=True)], {"size": "Large"}),
        _block([Run(one_line(digest.eyebrow, _LONGEST))], _QUIET),
        *([_block([Run(one_line(digest.lede, _LONGEST))])] if digest.lede.strip() else []),
    ]
    link = safe_link(digest.scorecard_link)
    end = [_block([Run(one_line(text, _LONGEST))], _QUIET) for text in digest.footer[:1]]
    cut = _block([Run(left_out(10_000, link))], _QUIET)
    room = ROOM - len(_dumped(_message([*start, cut, *end], link, digest.headline)))
    kept, left = fitting(
        parts(digest), lambda part: sum(len(_dumped(each)) + 1 for each in _part(part)), room, _MOST_PARTS
    )
    shown = [block for part in kept for block in _part(part)]
    told = [_block([Run(left_out(left, link))], _QUIET)] if left else []
    return _dumped(_message([*start, *shown, *told, *end], link, digest.headline)).encode()


def _message(body: list[Json], link: str | None, fallback: str) -> Json:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": one_line(fallback, _LONGEST),
        "msteams": {"width": "Full"},
        "body": body,
    }
    if link is not None and len(link) <= _LONGEST:
        card["actions"] = [{"type": "Action.OpenUrl", "title": OPEN_SCORECARD, "url": link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _part(part: Part) -> list[Json]:
    heading = _block([Run(one_line(part.heading, _LONGEST), bold=True)], {"size": "Medium"}, separator=True)
    summary = [_block([Run(part.summary)], _QUIET, spacing="None")] if part.summary else []
    return [heading, *summary, *(block for item in part.items for block in _item(item))]


def _item(item: Item) -> Iterator[Json]:
    for place, line in enumerate(item):
        yield _block(line, spacing="Small" if place == 0 else "None")


def _block(runs: Iterable[Run], style: Json | None = None, **look: Any) -> Json:
    shown = [_inline(run) | (style or {}) for run in runs if run.text]
    return {"type": "RichTextBlock", **look, "inlines": shown or [_inline(Run("–"))]}


def _inline(run: Run) -> Json:
    shown: Json = {"type": "TextRun", "text": run.text}
    shown |= {"weight": "Bolder"} if run.bold else {}
    return shown | ({"color": _COLOURS[run.tone]} if run.tone in _COLOURS else {})


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
