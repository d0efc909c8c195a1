"""A scorecard of 500 key results and its page, and 200 digests of it, each on one of ten objectives, frozen.

Beside them the same number of mails of the same size, composed by Python's `email` alone from one ready text, HTML and
CSV, and put into one SQLite table: what no program that sends such mails can do without. Prints seconds and the ratio.

    python benchmarks/frozen_digests.py [KEY_RESULTS [AUDIENCES]]
"""

from __future__ import annotations

import csv
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

THEMES, OBJECTIVES, DAYS = 50, 10, 54


def write_files(folder: Path, key_results: int, audiences: int) -> None:
    themes = [f"theme-{place}" for place in range(THEMES)]
    (folder / "sources.yaml").write_text(
        "sources:\n"
        "  sheet: {connector: table, path: t.csv, facts: {feedback: {id: id, received_at: at, theme: theme}}}\n"
    )
    metrics = [
        f"  {theme}: {{unit: count, better: higher, fact: feedback, measure: count, where: {{theme: {theme}}}, "
        f"on: received_at, window: cycle_to_date}}\n"
        for theme in themes
    ]
    (folder / "metrics.yaml").write_text("metrics:\n" + "".join(metrics))
    lines = ["cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: Europe/Berlin}\nobjectives:\n"]
    for place in range(OBJECTIVES):
        lines.append(
            f"  - id: objective-{place}\n    title: Objective number {place} of the company\n    key_results:\n"
        )
        lines += [
            f"      - {{id: kr-{each}, title: Bring the answers about subject {each} from nothing to {100 + each}, "
            f"metric: theme-{each % THEMES}, target: {{increase: {{from: 0, to: {100 + each}}}}}}}\n"
            for each in range(place, key_results, OBJECTIVES)
        ]
    (folder / "okrs.yaml").write_text("".join(lines))
    told = [
        f"  team-{place}: {{to: [team{place}@example.org], objectives: [objective-{place % OBJECTIVES}], "
        f"every: {{on: monday, at: '08:00'}}}}\n"
        for place in range(audiences)
    ]
    (folder / "audiences.yaml").write_text("audiences:\n" + "".join(told))
    first = datetime(2026, 10, 1, 8, tzinfo=UTC)
    with (folder / "t.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("id", "at", "theme"))
        for day in range(DAYS):
            for place, theme in enumerate(themes):
                out.writerow((f"{day}-{place}", (first + timedelta(days=day)).isoformat(), theme))


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def plain_mails(folder: Path, mail: bytes, count: int) -> None:
    """The parts of one real mail, packed anew for each recipient, into one table."""
    ready = message_from_bytes(mail, policy=policy.default)
    text, html = (ready.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    [table] = [part.get_content() for part in ready.walk() if part.get_filename() == "key-results.csv"]
    images = [part.get_content() for part in ready.walk() if part.get_content_maintype() == "image"]
    with sqlite3.connect(folder / "plain.db") as database:
        database.execute("create table outbox (recipient text, body blob)")
        for place in range(count):
            message = EmailMessage(policy=policy.SMTP)
            message["To"], message["Subject"] = f"team{place}@example.org", "OKRs"
            message.set_content(text, cte="quoted-printable")
            message.add_alternative(html, subtype="html", cte="quoted-printable")
            for image in images:
                message.get_payload()[1].add_related(image, "image", "png")  # type: ignore[index, union-attr]
            message.add_attachment(table, subtype="csv", filename="key-results.csv")
            database.execute("insert into outbox values (?, ?)", (f"team{place}", message.as_bytes()))


def main() -> None:
    key_results = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    audiences = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "okr").mkdir()
        write_files(folder / "okr", key_results, audiences)
        os.environ |= {
            "OKR_CONFIG_DIR": str(folder / "okr"),
            "OKR_DATABASE_URL": f"sqlite:///{folder / 'okr.db'}",
            "OKR_OUTPUT_DIR": str(folder / "out"),
            "OKR_PERSON_KEY": "k",
            "OKR_NOW": "2026-11-23T06:00:00Z",
        }
        measure(folder, key_results, audiences)


def measure(folder: Path, key_results: int, audiences: int) -> None:
    from config.settings import settings
    from ledger.holders import this_process
    from ledger.outbox import claim
    from steps.freeze import freeze_last
    from steps.publish import latest_scorecard, publish_scorecard
    from steps.sync import sync
    from steps.wiring import open_workspace

    sync(open_workspace(settings()))  # freezes last Monday's
    with sqlite3.connect(folder / "okr.db") as database:
        database.execute("update outbox set state = 'sent'")  # what was sent, the next digests compare with
    os.environ["OKR_NOW"] = "2026-11-23T08:30:00Z"
    workspace = open_workspace(settings())
    page = timed(lambda: publish_scorecard(workspace, latest_scorecard(workspace)))
    frozen = timed(lambda: freeze_last(workspace))
    [first] = claim(workspace.engine, workspace.now, this_process("bench"), 60_000, 1)
    plain = timed(lambda: plain_mails(folder, first.delivery.body, audiences))
    print(f"scorecard page of {key_results} key results  {page:6.2f} s")
    print(
        f"{audiences} digests rendered and frozen        {frozen:6.2f} s, {len(first.delivery.body) / 1e3:.0f} kB each"
    )
    print(f"the same mails, packed by `email` alone {plain:6.2f} s: ratio {frozen / plain:.1f}")
    print(f"page and digests together               {page + frozen:6.2f} s")


main()
