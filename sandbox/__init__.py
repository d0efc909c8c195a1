"""Local stand-ins that speak vendors' wire formats, for the demo and the tests.

What is simulated: the Trust & Safety side of one company from 2026-06-20 to 2027-01-15, the same for the same seed.

* Content reports (about 20,000) in a moderation queue: queued, assigned, escalated, closed by people or by automation,
  some muted, some reopened, several on one subject, clean-ups that close more than a page at one instant; assessments
  by `automod`, and the moderation team.
* Card payments (about 30,000) with risk levels, blocks, issuer declines and a few test charges; reviews, early fraud
  warnings, and disputes that arrive 5 to 110 days late and are sometimes won.
* Support tickets (about 15,000) from web, mail and the app: replied to, solved, reopened, closed, deleted; ratings.
* Sign-ups (about 40,000) with verdicts that arrive days later; moderators, their training, monthly audits.

Every record is a lifecycle of instants (integer epoch milliseconds, UTC), so that what a source would have shown at any
moment can be worked out; nothing later than the sandbox's clock is ever served. The clock stands still until it is set.

`python -m sandbox` serves it (see `sandbox.server`), `sandbox.running.Sandbox` does so inside a test. Each vendor's
module says in its docstring what was assumed where the vendor's documentation is silent.
"""
