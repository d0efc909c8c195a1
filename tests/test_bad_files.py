"""One set of files with everything wrong at once: all of it is said, with its place, and nothing is written."""

from __future__ import annotations

from tests.place import Place

SOURCES = """\
sources:
  helpdesk: {connector: zendesk, subdomain: example, email: ops@example.org, api_token: {secret: NO_SUCH_TOKEN}}
"""
METRICS = """\
metrics:
  resolved:
    {unit: count, better: higher, fact: ticket, measure: count, on: created_at, window: {trailing: 28d}}
"""
OKRS = """\
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: Europe/Berln}
objectives:
  - id: support
    titel: Support users
    title: Support users
    key_results:
      - {id: same, title: One, metric: resolved, target: {increase: {from: 72, to: 72}}}
      - {id: same, title: Two, metric: no_such_metric, target: {increase: {from: 72, to: 90}}}
"""
AUDIENCES = "audiences:\n  leadership: {to: [vp@example.org], every: {weeks: 1, on: monday, at: '08:00'}}\n"


def test_everything_is_reported_at_once_with_file_and_line_and_nothing_is_written(place: Place) -> None:
    files = {"sources": SOURCES, "metrics": METRICS, "okrs": OKRS, "audiences": AUDIENCES}
    for name, text in files.items():
        (place.folder / "okr" / f"{name}.yaml").write_text(text)
    before = sorted(path for path in place.folder.rglob("*") if "__pycache__" not in path.parts)

    done = place.okr("sync")

    assert done.returncode == 2
    assert done.stdout == ""
    said = done.stderr.splitlines()
    for place_in_file, word in {
        "sources.yaml:2": "NO_SUCH_TOKEN",  # a missing secret
        "okrs.yaml:1": "Berln",  # a bad time zone
        "okrs.yaml:4": "titel",  # a wrong key
        "okrs.yaml:7": "72",  # from == to
        "okrs.yaml:8": "same",  # a duplicate id
    }.items():
        assert any(place_in_file in line and word in line for line in said), (place_in_file, word, said)
    assert any("okrs.yaml:8" in line and "no_such_metric" in line for line in said), said
    assert sorted(path for path in place.folder.rglob("*") if "__pycache__" not in path.parts) == before
    assert place.okr("check").stderr.splitlines() == said
