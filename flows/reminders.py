"""check-in-reminders: tells owners whose check-in is due or overdue. Woken every day; nobody is told twice."""

from __future__ import annotations

from prefect import flow, get_run_logger

from flows.nightly import open_here
from steps.remind import freeze_reminders


@flow(name="check-in-reminders", persist_result=False, retries=0)
def check_in_reminders() -> int:
    """Queues the mails; the drain every 15 minutes sends them."""
    queued = freeze_reminders(open_here())
    get_run_logger().info("%s reminders queued", queued)
    return queued


if __name__ == "__main__":
    check_in_reminders()
