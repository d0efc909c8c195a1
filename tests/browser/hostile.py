"""A place whose configuration and whose people do their worst: what its pages must stand."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

from tests.place import ROOT, SUNDAY

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
LONG = "Unbrechbar" * 40
RTL = "תוצאת מפתח مراجعة المحتوى"
TURNED = f"\u202e{RTL}"  # refused in titles, not in what people say
EMOJI = "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f4a5 é"
UNIT = "requests per second and region"
CYCLE = (date(2026, 10, 1), date(2026, 11, 22))
TITLES = {
    "A": SCRIPT,
    "a": LONG,
    "x.y": RTL,
    "x-y": EMOJI,
    "X-Y": "{{ 7 * 7 }} {% raw %} `code` &amp; <!-- -->",
    "notes": "An id that the page itself uses",
}
COURSES: dict[str, list[float | None]] = {
    "one": [None] * 52 + [3.25],
    "early": [3.25],
    "constant": [7] * 53,
    "huge": [1e12 + 1e10 * place for place in range(53)],
    "negative": [-40 + place / 2 for place in range(53)],
    "gaps": [None if place % 7 < 3 else place for place in range(53)],
}


def write(folder: Path) -> None:
    """The four files and one table, for the quarter that the sandbox lives in."""
    okr = folder / "okr"
    okr.mkdir(parents=True)
    facts = {"id": "id", "received_at": "at", "score": "score", "theme": "theme"}
    source = {"connector": "table", "path": "t.csv", "facts": {"feedback": facts}}
    _yaml(okr, "sources", {"sources": {"sheet": source}})
    metrics = {name: _metric(name) for name in COURSES}
    _yaml(okr, "metrics", {"metrics": metrics | {"weeks": _metric("constant")}})
    _yaml(okr, "okrs", {"cycle": _cycle(), "objectives": _objectives()})
    _yaml(okr, "audiences", {"audiences": {"ops": {"to": ["ops@example.org"], "on": ["source_failed"]}}})
    with (okr / "t.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("id", "at", "score", "theme"))
        for name, course in COURSES.items():
            for place, value in enumerate(course):
                if value is not None:
                    day = CYCLE[0] + timedelta(days=place)
                    out.writerow((f"{name}-{place}", f"{day}T10:00:00+02:00", value, name))


def _cycle() -> dict[str, str]:
    return {"id": "2026-Q4", "start": "2026-10-01", "end": "2027-01-01", "timezone": "Europe/Berlin"}


def _metric(theme: str) -> dict[str, object]:
    window = {"trailing": "1d"}
    measure = {"mean": "score"}
    where = {"theme": theme}
    shape = {"fact": "feedback", "measure": measure, "where": where, "on": "received_at", "window": window}
    return {"title": f"{theme} {LONG[:60]}", "unit": UNIT, "better": "higher", **shape}


def _objectives() -> list[dict[str, object]]:
    odd = [
        {"id": name, "title": title, "metric": metric, "target": {"increase": {"from": 0, "to": 10}}}
        for (name, title), metric in zip(TITLES.items(), COURSES, strict=True)
    ]
    odd[3]["target"] = {"increase": {"from": 0, "to": 2e12}}
    parts = [{"metric": "weeks", "maintain": {"at_least": 5, "every": "week"}}, {"milestone": SCRIPT}]
    several = {"id": "all", "title": LONG, "target": {"all": parts}}
    manual = {
        "id": "said",
        "title": RTL,
        "unit": UNIT,
        "better": "higher",
        "target": {"increase": {"from": 0, "to": 9}},
    }
    return [
        {"id": "O.1", "title": LONG, "owner": f"{'a' * 60}.{'b' * 60}@{'c' * 60}.example.org", "key_results": odd},
        {"id": "o-1", "title": SCRIPT, "owner": "ana@example.org", "key_results": [several, manual]},
    ]


def _yaml(folder: Path, name: str, content: object) -> None:
    (folder / f"{name}.yaml").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")  # JSON is YAML


def environment(folder: Path) -> dict[str, str]:
    """Settings for `okr` there."""
    return {
        "OKR_CONFIG_DIR": str(folder / "okr"),
        "OKR_DATABASE_URL": f"sqlite:///{folder / 'okr.db'}",
        "OKR_OUTPUT_DIR": str(folder / "out"),
        "OKR_PERSON_KEY": "k",
        "OKR_NOW": SUNDAY,
        "PYTHONPATH": str(ROOT),
    }


SAID = (
    ("checkin", "said", "--value", "4", "--by", SCRIPT, "--note", LONG, "--challenge", TURNED, "--insight", EMOJI),
    ("checkin", "A", "--by", LONG, "--note", SCRIPT, "--override", "At Risk", "--until", "2026-11-30"),
)
