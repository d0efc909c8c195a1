"""Each kind of mistake is told once, with its file, its line, its key and its mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

Told = Callable[..., list[str]]
Change = Callable[[str, str, str], str]


class Mistake(NamedTuple):
    """`old` is replaced by `new`: told with the line that holds `needle`, a key that ends with `key`, and `message`."""

    old: str
    new: str
    needle: str
    key: str
    message: str


METRIC = [
    Mistake("    min_n: 30 ", "    minn: 30 ", "minn", "metrics.review_hours.minn", "did you mean min_n?"),
    Mistake("fact: audit\n", "fact: audits\n", "fact: audits", "metrics.audits.fact", "unknown fact 'audits'"),
    Mistake(
        "window: cycle_to_date",
        "window: quarter",
        "window: quarter",
        "metrics.feedback_answers.window",
        "{trailing: 7d}",
    ),
    Mistake(
        "{calendar: month}", "{calendar: fortnight}", "fortnight", "metrics.audits.window", "week, month or quarter"
    ),
    Mistake("mature: 30d", "mature: a month", "a month", "metrics.fraud_share.mature", "is not a length of time"),
    Mistake("min_n: 1000", "min_n: many", "many", "metrics.fraud_share.min_n", "needs a whole number"),
    Mistake("min_n: 1000", "min_n: -1", "-1", "metrics.fraud_share.min_n", "at least 0"),
    Mistake(
        "{decided_by: human}",
        "{decided_by: humen}",
        "humen",
        "metrics.review_hours.where.decided_by",
        "human, automation",
    ),
    Mistake(
        "{blocked: false}", "{blocked: no}", "blocked: no", "metrics.monitoring_accuracy.where.blocked", "true or false"
    ),
    Mistake(
        "{blocked: false}", "{bloked: 1}", "bloked", "metrics.monitoring_accuracy.where.bloked", "has no field 'bloked'"
    ),
    Mistake(
        "predicted: flagged", "predicted: flag", "flag,", "metrics.monitoring_accuracy.measure", "has no field 'flag'"
    ),
    Mistake(
        "predicted: flagged", "predicted: id", "id,", "metrics.monitoring_accuracy.measure", "is not true or false"
    ),
    Mistake(
        "{course: guidelines-2026-10}", "true", "trained: true", ".share.where.trained", "{trained: {course: NAME}}"
    ),
    Mistake(
        "measure: count\n    where",
        "measure: counts\n    where",
        "counts",
        "metrics.audits.measure",
        "a measure is `count`",
    ),
    Mistake(
        "{within: {limit: 2s,", "{inside: {limit: 2s,", "inside", "metrics.monitoring_speed.measure", "unknown measure"
    ),
    Mistake(
        "{limit: 2s, from", "{from", "from: occurred_at", "metrics.monitoring_speed.measure.within", "needs `limit`"
    ),
    Mistake("    on: period\n", "", "  audits:", "metrics.audits", "needs `on`"),
    Mistake("on: received_at", "on: score", "on: score", "metrics.feedback_answers.on", "no instant of feedback"),
    Mistake(
        "unit: count\n    better: higher\n    fact: feedback",
        "better: higher\n    fact: feedback",
        "feedback_answers:",
        "metrics.feedback_answers",
        "needs `unit`",
    ),
    Mistake(
        "title: Audits of high-risk accounts reported",
        "title: 5",
        "title: 5",
        "metrics.audits.title",
        "put it in quotes",
    ),
    Mistake("  audits:\n", "  audits!:\n", "audits!:", "metrics.audits!", "is no name"),
    Mistake("  audits:\n", "  audits:\n    id: audits\n", "id: audits", "metrics.audits.id", "take it out"),
    Mistake(
        "    fact: feedback\n",
        "    fact: feedback\n    query: select 1\n",
        "  feedback_answers:",
        "metrics.feedback_answers",
        "`source` and `query` go together",
    ),
]
OKRS = [
    Mistake(
        "{from: 24, to: 12}",
        "{from: 24, to: 24}",
        "to: 24}",
        "key_results[0].target.decrease",
        "from and to are both 24",
    ),
    Mistake(
        "{from: 24, to: 12}", "{from: 12, to: 24}", "to: 24}", "key_results[0].target.decrease", "goes the other way"
    ),
    Mistake(
        "{decrease: {from: 24, to: 12}}",
        "{increase: {from: 12, to: 24}}",
        "to: 24}",
        "target.increase",
        "lower is better",
    ),
    Mistake("{from: 24, to: 12}", "{from: a day, to: 12}", "a day", "target.decrease.from", "'a day' is not a number"),
    Mistake("{from: 24, to: 12}", "{to: 12}", "{to: 12}", "target.decrease", "needs `from`"),
    Mistake(
        "{decrease: {from: 24, to: 12}}",
        "{reduce: {from: 24, to: 12}}",
        "reduce",
        "key_results[0].target",
        "no target kind",
    ),
    Mistake(
        "metric: ai_coverage", "metric: ai_cover", "ai_cover", "objectives[0].key_results[1].metric", "unknown metric"
    ),
    Mistake(
        "{metric: monitoring_speed,", "{metric: speed,", "speed,", "target.all[1].metric", "unknown metric 'speed'"
    ),
    Mistake(
        "        metric: audits\n", "", "  - id: audits", "objectives[1].key_results[2]", "needs `unit` and `better`"
    ),
    Mistake("by: -30%", "by: -30", "by: -30,", "target.change.by", '-30 is not a change; write "-30%"'),
    Mistake("by: -30%", "by: a third", "a third", "target.change.by", "is not a change"),
    Mistake("by: -30%", "by: -130%", "-130%", "target.change", "below 0"),
    Mistake("{previous: cycle}", "0", "baseline: 0", "target.change", "a baseline is above 0"),
    Mistake(
        "{previous: cycle}",
        "{start: 2026-09-01, end: 2026-08-01}",
        "2026-08-01",
        "target.change.baseline",
        "not after 2026-09-01",
    ),
    Mistake(
        "{previous: cycle}",
        "{start: 2026-09-01, end: 2027-02-01}",
        "2027-02-01",
        "target.change.baseline.end",
        "is after the cycle's end",
    ),
    Mistake("at_least: 99", "at_most: 99", "at_most: 99", "target.all[1].maintain", "higher is better"),
    Mistake(
        "{at_least: 95, every: month}",
        "{at_least: 95, every: month, allow: 3}",
        "allow: 3",
        "target.all[2].maintain.allow",
        "3 of the cycle's 3 months may miss",
    ),
    Mistake("{previous: cycle}", "{previous: year}", "year", "target.change.baseline.previous", "needs one of: cycle"),
    Mistake(
        "{previous: cycle}", "{previos: cycle}", "previos", "target.change.baseline.previos", "did you mean previous?"
    ),
    Mistake("{previous: cycle}", "last", "last", "target.change.baseline", "or a number"),
    Mistake("every: week", "every: day", "every: day", "target.all[1].maintain.every", "week, month or quarter"),
    Mistake("times: 1,", "times: 0,", "times: 0", "target.cadence.times", "above 0"),
    Mistake("grace: 5d", "grace: 5 working days", "working", "target.cadence.grace", "is not a length of time"),
    Mistake("step: 2026-12-15", "step: 2027-02-01", "2027-02-01", "key_results[2].pace.step", "outside the cycle"),
    Mistake("{start: 2026-11-01}", "{start: soon}", "soon", "key_results[1].pace.start", "needs a day, like"),
    Mistake(
        "2026-12-01: 90", "2027-12-01: 90", "2027-12-01", "key_results[2].pace.phased.2027-12-01", "outside the cycle"
    ),
    Mistake("{2026-11-01: 50, 2026-12-01: 90}", "quickly", "quickly", "key_results[2].pace", "phased is {DAY: VALUE"),
    Mistake("{step: 2026-12-15}", "{step: 2026-12-15, reach_by: 2026-12-20}", "step", "pace", "a plan by itself"),
    Mistake(
        "target: {cadence: {times: 1, every: month, grace: 5d}}",
        "target: {cadence: {times: 1, every: month, grace: 5d}}\n        pace: {start: 2026-11-01}",
        "pace: {start",
        "key_results[2].pace",
        "cadence takes no pace",
    ),
    Mistake("weight: 2", "weight: .inf", "weight: .inf", "objectives[0].key_results[0].weight", "needs a number"),
    Mistake("weight: 2", "guard: [{metric: audits}]", "guard", "guard[0]", "a guard needs at_least or at_most"),
    Mistake("check_in_every: 2 weeks", "check_in_every: 0d", "check_in_every", "cycle", "no whole number of days"),
    Mistake("weight: 2", "weight: 0", "weight: 0", "objectives[0].key_results[0].weight", "above 0"),
    Mistake(
        "weight: 2", "weight:", "weight:", "objectives[0].key_results[0].weight", "give it a value or take the key out"
    ),
    Mistake("weight: 2", "wieght: 2", "wieght", "objectives[0].key_results[0].wieght", "did you mean weight?"),
    Mistake(
        "weight: 2", "guard: [{metric: appeals, at_most: 5}]", "appeals", "guard[0].metric", "unknown metric 'appeals'"
    ),
    Mistake(
        "- id: trained\n", "- id: ai-coverage\n", "- id: ai", "objectives[0].key_results[2].id", "another key result"
    ),
    Mistake(
        "- id: fraud\n", "- id: moderation\n", "- id: moderation", "objectives[1].id", "another objective is called"
    ),
    Mistake("id: ai-coverage", "id: ../ai", "../ai", "objectives[0].key_results[1].id", "is no name"),
    Mistake(
        "    title: Strengthen Fraud Detection and Prevention\n", "", "- id: fraud", "objectives[1]", "needs `title`"
    ),
    Mistake("Europe/Berlin", "Europe/Berln", "Berln", "cycle.timezone", "is no IANA time zone"),
    Mistake("end: 2027-01-01", "end: 2026-09-01", "2026-09-01", "cycle", "not after its start"),
    Mistake("end: 2027-01-01", "end: 20270101", "20270101", "cycle.end", "needs a day"),
    Mistake("close_grace: 3d", "close_grace: [3]", "[3]", "cycle.close_grace", "is not a length of time"),
]
AUDIENCES = [
    Mistake("vp@example.org", "vp at example.org", "vp at", "audiences.leadership.to[0]", "is no e-mail address"),
    Mistake("[vp@example.org]", "vp@example.org", "vp@", "audiences.leadership.to", "needs a list"),
    Mistake("    to: [vp@example.org]\n", "", "  leadership:", "audiences.leadership", "needs `to`"),
    Mistake(
        'on: monday, at: "08:00"', 'on: mondays, at: "08:00"', "mondays", "audiences.leadership.every.on", "monday, tu"
    ),
    Mistake('"08:00"', "8", "at: 8", "audiences.leadership.every.at", 'like "08:00"'),
    Mistake('"08:00"', '"25:00"', "25:00", "audiences.leadership.every.at", "needs a time of day"),
    Mistake(
        "objectives: all", "objectives: fraud", "objectives: fraud", "audiences.leadership.objectives", "all, or a list"
    ),
    Mistake("objectives: all", "objectives: []", "objectives: []", "audiences.leadership.objectives", "names none"),
    Mistake(
        "objectives: all",
        'quiet: {from: "22:00", to: "07:00", start: "22:00"}',
        "start",
        "audiences.leadership.quiet.start",
        "is not a key that is known here; there is: from, to",
    ),
    Mistake(
        "objectives: all", "quiet: {from: 7, to: '08:00'}", "7", "audiences.leadership.quiet.from", "needs a time of"
    ),
    Mistake("objectives: all", "stale: wait", "wait", "audiences.leadership.stale", "needs send or skip"),
    Mistake("objectives: all", "stale: {hold: 6}", "6", "audiences.leadership.stale.hold", "is not a length of time"),
    Mistake("objectives: all", "stale: {hold: 7d}", "  leadership:", "audiences.leadership", "so that none would be"),
    Mistake("[fraud]", "[fruad]", "fruad", "audiences.fraud-team.objectives[0]", "did you mean fraud?"),
    Mistake(
        "reading_held",
        "reading_hold",
        "hold",
        "audiences.operators.on[1]",
        "needs one of: source_failed, reading_held or",
    ),
    Mistake(
        "    timezone: Europe/Berlin\n",
        "    timezone: CETT\n",
        "CETT",
        "audiences.leadership.timezone",
        "IANA time zone",
    ),
    Mistake(
        "    small_counts: 5 ",
        "    smallcounts: 5 ",
        "smallcounts",
        "audiences.fraud-team.smallcounts",
        "small_counts?",
    ),
    Mistake(
        "    on: [source_failed, reading_held, delivery_failed]\n", "", "operators:", "audiences.operators", "`every`"
    ),
]
SOURCES = [
    Mistake(
        "connector: ozone",
        "connector: ozon",
        "ozon",
        "sources.trust-queue.connector",
        "did you mean ozone? there is: ozone",
    ),
    Mistake("    connector: stripe\n", "", "payments:", "sources.payments", "needs `connector`, one of: ozone, stripe"),
    Mistake("facts: [review]", "facts: [review, revew]", "revew", "sources.trust-queue.facts[1]", "review or member"),
    Mistake("{member: {id", "{members: {id", "members", "sources.roster.facts.members", "did you mean member?"),
    Mistake("username: admin", "user: admin", "user:", "sources.trust-queue.user", "is not a key that is known here"),
    Mistake(
        "username: admin",
        "username: {secret: OZONE_PASSWORD}",
        "username",
        "trust-queue.username",
        "takes no {secret: NAME}",
    ),
    Mistake(
        "{tag: user_report}", "{label: user_report}", "user_report: {", "sources.helpdesk.user_report", "needs `tag`"
    ),
    Mistake("    subdomain: example\n", "", "helpdesk:", "sources.helpdesk", "needs `subdomain`"),
    Mistake(
        "{secret: ZENDESK_TOKEN}",
        "{secret: ZENDESK_TOKN}",
        "TOKN",
        "helpdesk.api_token",
        "ZENDESK_TOKN is named here",
    ),
    Mistake("{secret: ZENDESK_TOKEN}", "{secret: ../token}", "../token", "helpdesk.api_token", "letters, digits and _"),
]
CASES = [
    pytest.param(file, mistake, id=f"{file}-{mistake.new.strip()[:30]}")
    for file, mistakes in (
        ("metrics.yaml", METRIC),
        ("okrs.yaml", OKRS),
        ("audiences.yaml", AUDIENCES),
        ("sources.yaml", SOURCES),
    )
    for mistake in mistakes
]


def _line(text: str, needle: str, changed: int) -> int:
    """The line with `needle` that is nearest to the change."""
    lines = [number for number, line in enumerate(text.splitlines(), 1) if needle in line]
    return min(lines, key=lambda number: abs(number - changed))


@pytest.mark.parametrize(("file", "mistake"), CASES)
def test_one_mistake_is_one_sentence_with_its_place(
    folder: Path, told: Told, change: Change, file: str, mistake: Mistake
) -> None:
    changed = (folder / file).read_text(encoding="utf-8").split(mistake.old)[0].count("\n") + 1
    text = change(file, mistake.old, mistake.new)
    at = [problem for problem in told() if mistake.message in problem]
    assert len(at) == 1, told()
    place, key, _ = at[0].split(": ", 2)
    assert place == f"{file}:{_line(text, mistake.needle, changed)}"
    assert key.endswith(mistake.key)
