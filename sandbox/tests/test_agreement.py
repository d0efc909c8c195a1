"""What the vendors' formats say and what the truth says is the same."""

from typing import Any

from sandbox.rhythm import SECOND, instant, iso_s


def test_tickets_are_solved_when_the_truth_says(clients: Any, sandbox: Any) -> None:
    pages = clients.ticket_pages(start_time=0, include="metric_sets")
    served = {ticket["id"]: ticket for page in pages for ticket in page["tickets"]}
    for ticket in sandbox.truth()["tickets"]:
        view, changes = served[ticket["id"]], [change for change in ticket["changes"] if change[1] != "touch"]
        kinds = [kind for _, kind in changes]
        assert (view["status"] == "deleted") == ("delete" in kinds)
        assert ("user_report" in view["tags"]) == ticket["user_report"]
        assert (view["via"]["channel"], view["requester_id"]) == (ticket["channel"], ticket["reporter"])
        if view["status"] in {"solved", "closed"}:
            solved = [at for at, kind in changes if kind == "solve"][-1]
            assert view["metric_set"]["solved_at"] == iso_s(solved)


def test_labels_stand_where_the_truth_says(clients: Any, sandbox: Any) -> None:
    labels = sandbox.truth()["labels"]
    disputes = {(d["charge"], d["created"] * SECOND, d["status"]) for d in clients.stripe_rows("disputes")}
    assert disputes == {(row["charge"], row["at"], row["status"]) for row in labels if row["kind"] == "dispute"}
    warnings = {(w["charge"], w["created"] * SECOND) for w in clients.stripe_rows("radar/early_fraud_warnings")}
    assert warnings == {(row["charge"], row["at"]) for row in labels if row["kind"] == "warning"}
    refunded = {c["id"] for c in clients.stripe_rows("charges") if "user_report" in c["fraud_details"]}
    assert refunded == {row["charge"] for row in labels if row["kind"] == "fraud_details"}
    month = instant("2026-10-25") // SECOND
    closed = {
        (event["data"]["object"]["charge"], event["created"] * SECOND)
        for event in clients.stripe_rows("events", type="review.closed", **{"created[gte]": month})
    }
    assert closed == {(r["charge"], r["at"]) for r in labels if r["kind"] == "review" and r["at"] >= month * SECOND}


def test_decisions_are_made_when_the_truth_says(clients: Any, sandbox: Any) -> None:
    pages = clients.ozone_pages(
        "tools.ozone.report.queryActivities",
        "activities",
        activityTypes="closeActivity",
        createdAfter="2026-11-01T00:00:00Z",
        limit=100,
    )
    served = sorted((row["reportId"], instant(row["createdAt"]), row["isAutomated"]) for page in pages for row in page)
    truth = sorted(
        (row["report"], row["at"], row["automated"])
        for row in sandbox.truth()["activities"]
        if row["kind"] == "close" and row["at"] >= instant("2026-11-01")
    )
    assert served == truth
