"""Where a key result's number and status come from."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from ledger import definitions, pulls, runs
from okr_model.explanation import Explanation
from okr_model.explanation import explain as explain_card
from okr_model.facts import Instant
from okr_model.metrics import Metric
from okr_model.scorecard import KeyResultCard, Scorecard
from steps.movement import explained
from steps.status import stored_scorecard
from steps.wiring import Workspace


class NoSuchKeyResult(Exception):
    """The scorecard has no key result of that id."""


def explain(workspace: Workspace, key_result: str, as_of: date | None, known_at: Instant | None = None) -> Explanation:
    """Of the stored scorecard of `as_of`, or the newest; with `known_at`, as it was believed at that instant.

    Each reading is told by the definition that it was taken with. How far sources are complete, and why a number
    moved, is told of now alone. Raises NoSuchKeyResult, NothingStored.
    """
    scorecard = stored_scorecard(workspace.settings, as_of, known_at)
    card, plan = card_of(scorecard, key_result), workspace.config.plan
    results = {each.id: each for each in plan.key_results()}
    if key_result not in results:
        raise NoSuchKeyResult(f"key result {key_result!r} is in the ledger, but no longer in okrs.yaml")
    then = plan.model_copy(update={"metrics": dict(plan.metrics) | _as_defined(workspace, card)})
    if known_at is not None:
        return explain_card(card, results[key_result], then, (), ())
    coverages = [each for each in pulls.coverages(workspace.engine) if each.source in card.sources]
    latest = runs.latest_outcomes(workspace.engine)
    outcomes = [latest[name] for name in card.sources if name in latest]
    explanation = explain_card(card, results[key_result], then, coverages, outcomes)
    why = explained(workspace, card)
    return explanation if why is None else replace(explanation, paragraphs=(*explanation.paragraphs, why))


def _as_defined(workspace: Workspace, card: KeyResultCard) -> dict[str, Metric]:
    """The metrics whose readings were taken by another definition than today's, as they were defined then."""
    now, found = workspace.config.plan.metrics, {}
    for reading in (card.reading, *(part.reading for part in card.parts)):
        if reading is None or (reading.metric in now and now[reading.metric].definition_hash == reading.definition):
            continue
        document = definitions.definition(workspace.engine, reading.definition)
        if document is not None:
            found[reading.metric] = Metric.stored(document)
    return found


def card_of(scorecard: Scorecard, key_result: str) -> KeyResultCard:
    """The key result's card. Raises NoSuchKeyResult."""
    cards = {card.id: card for card in scorecard.cards()}
    if key_result not in cards:
        raise NoSuchKeyResult(f"no key result {key_result!r}; there is: {', '.join(cards)}")
    return cards[key_result]
