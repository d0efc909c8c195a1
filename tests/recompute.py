"""The template's ten metrics, worked out a second time from the sandbox's raw truth.

Stands alone: nothing of the project is imported, so that the product and this script can only agree by both being
right. `python tests/recompute.py URL AS_OF NOW` prints {metric: {"numerator", "denominator"}}; a mean gives the sum of
its hours and the count, a count {"value"}. AS_OF is a local day of the zone below, NOW the instant at which the world
is looked at (ISO, with its zone).
"""

import json
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
CYCLE_START = date(2026, 10, 1)
COURSE = "guidelines-2026-10"
Row = dict[str, Any]
Truth = dict[str, Any]
Number = dict[str, float]

HOUR = 3_600_000
DAY = 24 * HOUR
FAR = 10**15  # later than anything
RADAR_REASONS = {"highest_risk_level", "elevated_risk_level", "rule"}
NOT_FRAUD_AFTER_ALL = {"warning_closed", "won", "prevented"}


def midnight(day: date) -> int:
    """Epoch milliseconds of a local day's beginning."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()) * 1000


def trailing(as_of: date, days: int, mature_days: int = 0, settle_hours: int = 0) -> tuple[int, int]:
    """[start, end) of a trailing window that speaks for a day; days are local days, hours are hours."""
    end = midnight(as_of + timedelta(days=1 - mature_days)) - settle_hours * HOUR
    wall = datetime.fromtimestamp(end / 1000, ZONE).replace(tzinfo=None) - timedelta(days=days)
    return int(wall.replace(tzinfo=ZONE).timestamp()) * 1000, end


def ratio(rows: list[Row], matches: Callable[[Row], bool]) -> Number:
    return {"numerator": sum(1 for row in rows if matches(row)), "denominator": len(rows)}


def distinct_ratio(rows: list[Row], who: str, matches: Callable[[Row], bool]) -> Number:
    """A subject counts once, and matches if any of its rows does."""
    return {
        "numerator": len({row[who] for row in rows if matches(row)}),
        "denominator": len({row[who] for row in rows}),
    }


def reviews(truth: Truth) -> list[Row]:
    """Reports that are not muted, with the first decision, and whether a machine had looked before a person decided."""
    closes: dict[int, list[Row]] = {}
    for activity in sorted(truth["activities"], key=lambda a: a["at"]):
        if activity["kind"] == "close":
            closes.setdefault(activity["report"], []).append(activity)
    assessed: dict[str, int] = {}
    for assessment in truth["assessments"]:
        earlier = assessed.get(assessment["subject"])
        assessed[assessment["subject"]] = assessment["at"] if earlier is None else min(earlier, assessment["at"])
    found = []
    for report in truth["reports"]:
        if report["muted"]:
            continue
        mine = closes.get(report["id"], [])
        by_people = [close["at"] for close in mine if not close["automated"]]
        machine = assessed.get(report["subject"])
        found.append(
            {
                "subject": report["subject"],
                "reported": report["reported"],
                "decided": mine[0]["at"] if mine else None,
                "human": bool(mine) and not mine[0]["automated"],
                "assisted": machine is not None and (not by_people or machine <= by_people[0]),
            }
        )
    return found


def review_hours(truth: Truth, as_of: date) -> Number:
    start, end = trailing(as_of, 7)
    rows = [r for r in reviews(truth) if r["human"] and start <= r["decided"] < end and r["decided"] >= r["reported"]]
    return {"numerator": sum(r["decided"] - r["reported"] for r in rows) / HOUR, "denominator": len(rows)}


def ai_coverage(truth: Truth, as_of: date) -> Number:
    start, end = trailing(as_of, 7, settle_hours=24)
    rows = [r for r in reviews(truth) if start <= r["reported"] < end]
    return distinct_ratio(rows, "subject", lambda r: r["assisted"])


def trained(truth: Truth, as_of: date) -> Number:
    """Of those who are in the team when the world is looked at and had joined by the end of the day."""
    end = midnight(as_of + timedelta(days=1))
    done = {
        t["member"]
        for t in truth["training"]
        if t["course"] == COURSE and t["completed"] is not None and t["completed"] < end
    }
    team = [m for m in truth["members"] if m["joined"] < end and m["left"] is None]
    return ratio(team, lambda m: m["id"] in done)


def fraud_share(truth: Truth, as_of: date) -> Number:
    start, end = trailing(as_of, 28, mature_days=30)
    rows = [a for a in truth["accounts"] if a["admitted"] and start <= a["created"] < end]
    return ratio(rows, lambda a: a["verdict"] == "fraud" and a["verdict_at"] <= a["created"] + 30 * DAY)


def transactions(truth: Truth) -> list[Row]:
    """Real charges that were neither declined by the issuer nor invalid, with the earliest sign of fraud."""
    known: dict[str, int] = {}
    for label in truth["labels"]:
        fraud = {
            "dispute": label["reason"] == "fraudulent" and label["status"] not in NOT_FRAUD_AFTER_ALL,
            "warning": True,
            "fraud_details": True,
            "review": label["reason"] == "refunded_as_fraud",
        }[label["kind"]]
        if fraud:
            known[label["charge"]] = min(label["at"], known.get(label["charge"], label["at"]))
    return [
        {
            "occurred": c["created"],
            "scored": c["created"] if c["risk_level"] not in {"not_assessed", "unknown", None} else None,
            "flagged": c["outcome"] in {"blocked", "manual_review"} and c["reason"] in RADAR_REASONS,
            "blocked": c["outcome"] == "blocked",
            "fraud_at": known.get(c["id"]),
        }
        for c in truth["charges"]
        if c["livemode"]
        and c["outcome"] not in {"issuer_declined", "invalid"}
        and c["reason"] != "low_probability_of_authorization"
    ]


def monitoring_speed(truth: Truth, as_of: date) -> Number:
    start, end = trailing(as_of, 7)
    rows = [t for t in transactions(truth) if start <= t["occurred"] < end and t["occurred"] + 2000 < end]
    return ratio(rows, lambda t: 0 <= (t["scored"] or FAR) - t["occurred"] <= 2000)


def monitoring_accuracy(truth: Truth, as_of: date) -> Number:
    start, end = trailing(as_of, 28, mature_days=60)
    rows = [t for t in transactions(truth) if start <= t["occurred"] < end and not t["blocked"]]
    return ratio(
        rows,
        lambda t: t["flagged"] == ((t["fraud_at"] or FAR) <= t["occurred"] + 60 * DAY),
    )


def audits(truth: Truth, as_of: date) -> Number:
    month = as_of.strftime("%Y-%m")
    return {"value": sum(1 for a in truth["audits"] if a["period"] == month and a["reported"] is not None)}


def user_reports(truth: Truth, as_of: date) -> list[Row]:
    """Tickets of the last 28 days that users filed about others and that were not deleted since."""
    start, end = trailing(as_of, 28)
    return [
        t
        for t in truth["tickets"]
        if t["user_report"] and start <= t["created"] < end and all(kind != "delete" for _, kind in t["changes"])
    ]


def resolved(ticket: Row) -> int | None:
    """The last solve; None while it is open again."""
    at: int | None = None
    for moment, kind in ticket["changes"]:
        if kind == "solve":
            at = moment
        elif kind == "reopen":
            at = None
    return at


def resolved_48h(truth: Truth, as_of: date) -> Number:
    end = midnight(as_of + timedelta(days=1))
    rows = [t for t in user_reports(truth, as_of) if t["created"] + 48 * HOUR < end]
    return ratio(rows, lambda t: (resolved(t) or FAR) - t["created"] <= 48 * HOUR)


def in_app_adoption(truth: Truth, as_of: date) -> Number:
    return distinct_ratio(
        user_reports(truth, as_of),
        "reporter",
        lambda t: t["channel"] in {"mobile_sdk", "native_messaging"},
    )


def feedback_answers(truth: Truth, as_of: date) -> Number:
    start, end = midnight(CYCLE_START), midnight(as_of + timedelta(days=1))
    return {"value": sum(1 for r in truth["ratings"] if r["score"] in {"good", "bad"} and start <= r["created"] < end)}


METRICS = (
    review_hours,
    ai_coverage,
    trained,
    fraud_share,
    monitoring_speed,
    monitoring_accuracy,
    audits,
    resolved_48h,
    in_app_adoption,
    feedback_answers,
)


def recompute(truth: Truth, as_of: date) -> dict[str, Number]:
    """{metric: {"numerator", "denominator"} or {"value"}} from what /truth answered."""
    return {metric.__name__: metric(truth, as_of) for metric in METRICS}


def fetch(url: str, now: str) -> Truth:
    with urllib.request.urlopen(f"{url}/truth?{urllib.parse.urlencode({'now': now})}") as answer:
        truth: Truth = json.load(answer)
        return truth


if __name__ == "__main__":
    base, day, moment = sys.argv[1:]
    print(json.dumps(recompute(fetch(base, moment), date.fromisoformat(day)), indent=1))
