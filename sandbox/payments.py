"""Card charges, and what is learnt about them later: reviews, early fraud warnings, disputes."""

from random import Random

import msgspec

from sandbox.rhythm import DAY, HOUR, MINUTE, SECOND, Trend, arrivals, pick

_UNASSESSED = Trend(
    {
        "2026-08-09": 0.002,
        "2026-08-10": 0.03,  # the scoring service was down for most of a week in August, and again in December
        "2026-08-15": 0.03,
        "2026-08-16": 0.002,
        "2026-12-06": 0.002,
        "2026-12-07": 0.028,
        "2026-12-12": 0.028,
        "2026-12-13": 0.002,
    }
)
_OUTCOMES = (("authorized", 88.0), ("manual_review", 3.7), ("blocked", 1.6), ("issuer_declined", 6.2), ("invalid", 0.3))
_FINAL = (("lost", 62.0), ("won", 22.0), ("prevented", 3.0), ("warning_closed", 5.0), ("under_review", 8.0))


class Review(msgspec.Struct, frozen=True):
    """`closed` is None while open; `reason` is the closed_reason it gets then."""

    id: str
    created: int
    charge: str
    opened_reason: str
    closed: int | None
    reason: str | None


class Warned(msgspec.Struct, frozen=True):
    """An early fraud warning."""

    id: str
    created: int
    charge: str
    fraud_type: str


class Dispute(msgspec.Struct, frozen=True):
    """`statuses` are (instant, status), the first at its creation."""

    id: str
    created: int
    charge: str
    amount: int
    reason: str
    statuses: tuple[tuple[int, str], ...]


class Charge(msgspec.Struct, frozen=True):
    id: str
    created: int
    amount: int
    currency: str
    customer: str
    livemode: bool
    outcome: str
    reason: str | None
    risk_level: str
    risk_score: int
    review: Review | None
    warning: Warned | None
    dispute: Dispute | None

    @property
    def refunded_as_fraud(self) -> int | None:
        """When a reviewer refunded it as fraud, which also sets fraud_details.user_report."""
        return self.review.closed if self.review and self.review.reason == "refunded_as_fraud" else None


def generate(rng: Random) -> list[Charge]:
    """Charges in the order of their creation, in whole seconds as the processor keeps them."""
    charges = []
    for at in arrivals(rng, Trend({"2026-06-20": 138, "2026-11-20": 148, "2026-12-10": 165, "2027-01-10": 140})):
        charges.append(_charge(rng, _second(at)))
    charges.sort(key=lambda charge: (charge.created, charge.id))
    return charges


def _second(at: float) -> int:
    return int(at) // SECOND * SECOND


def _id(rng: Random, prefix: str) -> str:
    return f"{prefix}_1S{rng.getrandbits(88):022x}"


def _charge(rng: Random, created: int) -> Charge:
    name = _id(rng, "ch")
    outcome = pick(rng, _OUTCOMES)
    reason, risk, score = _risk(rng, outcome, created)
    amount = int(rng.lognormvariate(8.1, 0.8))
    fraud = rng.random() < {"authorized": 0.0175, "manual_review": 0.46}.get(outcome, 0.0)
    review = _review(rng, name, created, reason, fraud=fraud) if outcome == "manual_review" else None
    paid = outcome in {"authorized", "manual_review"}
    settled = review is not None and review.reason == "refunded_as_fraud"
    warning, dispute = (None, None) if settled or not paid else _late(rng, name, created, amount, fraud=fraud)
    return Charge(
        name,
        created,
        amount,
        pick(rng, (("eur", 7.0), ("usd", 2.0), ("gbp", 1.0))),
        f"cus_{rng.randrange(12_000):014d}",
        rng.random() >= 0.02,
        outcome,
        reason,
        risk,
        score,
        review,
        warning,
        dispute,
    )


def _risk(rng: Random, outcome: str, created: int) -> tuple[str | None, str, int]:
    """outcome.reason, outcome.risk_level and outcome.risk_score."""
    if outcome == "blocked":
        reason = pick(rng, (("highest_risk_level", 6.0), ("rule", 3.0), ("low_probability_of_authorization", 1.0)))
        return reason, "highest" if reason == "highest_risk_level" else "elevated", rng.randrange(75, 100)
    if outcome == "manual_review":
        reviewed = pick(rng, (("elevated_risk_level", 6.0), ("rule", 3.0)))
        return reviewed, "elevated", rng.randrange(65, 90)
    declined = {"issuer_declined": "generic_decline", "invalid": "invalid_card"}.get(outcome)
    if outcome == "invalid" or rng.random() < _UNASSESSED.at(created):
        return declined, pick(rng, (("not_assessed", 4.0), ("unknown", 1.0))), 0
    if rng.random() < 0.03:
        return declined, "elevated", rng.randrange(65, 80)
    return declined, "normal", rng.randrange(1, 64)


def _review(rng: Random, charge: str, created: int, reason: str | None, *, fraud: bool) -> Review:
    """Closed within three days as a rule; a few stay open."""
    closed = _second(created + rng.uniform(20 * MINUTE, 3 * DAY))
    verdict = pick(rng, (("refunded_as_fraud", 7.0), ("disputed", 1.0), ("approved", 2.0)))
    if not fraud:
        verdict = pick(rng, (("approved", 94.0), ("refunded", 4.0), ("canceled", 1.0), ("acknowledged", 1.0)))
    opened = Review(_id(rng, "prv"), created + 2 * SECOND, charge, "rule" if reason == "rule" else "manual", None, None)
    return opened if rng.random() < 0.02 else msgspec.structs.replace(opened, closed=closed, reason=verdict)


def _late(rng: Random, charge: str, created: int, amount: int, *, fraud: bool) -> tuple[Warned | None, Dispute | None]:
    """What the card networks say, days to months later. Never within two hours of a 60th day, where an hour's
    difference in the meaning of "60 days" would decide."""
    if not fraud:
        if rng.random() >= 0.004:
            return None, None
        at = _second(created + rng.uniform(6, 70) * DAY)
        reason = pick(rng, (("product_not_received", 5.0), ("general", 2.0), ("duplicate", 1.0)))
        return None, _dispute(rng, charge, at, amount, reason)
    delay = rng.triangular(5, 110, 22)
    at = _second(created + (delay + 0.25 if abs(delay - 60) < 0.1 else delay) * DAY)
    warning = None
    if rng.random() < 0.45:
        warned = _second(created + rng.uniform(1, min(delay, 40)) * DAY)
        kind = pick(rng, (("unauthorized_use_of_card", 5.0), ("made_with_stolen_card", 2.0), ("misc", 1.0)))
        warning = Warned(_id(rng, "issfr"), warned, charge, kind)
    if warning and rng.random() < 0.25:
        return warning, None
    return warning, _dispute(rng, charge, at, amount, "fraudulent")


def _dispute(rng: Random, charge: str, at: int, amount: int, reason: str) -> Dispute:
    final = pick(rng, _FINAL)
    first = "warning_needs_response" if final == "warning_closed" else "needs_response"
    if final == "prevented":
        return Dispute(_id(rng, "du"), at, charge, amount, reason, ((at, final),))
    answered = _second(at + rng.uniform(1, 8) * DAY)
    middle = "warning_under_review" if final == "warning_closed" else "under_review"
    statuses = [(at, first), (answered, middle)]
    if final != "under_review":
        statuses.append((_second(answered + rng.uniform(20, 60) * DAY + HOUR), final))
    return Dispute(_id(rng, "du"), at, charge, amount, reason, tuple(statuses))
