"""The whole company, made from one seed."""

from functools import lru_cache
from random import Random

import msgspec

from sandbox import company, helpdesk, moderation, payments

SEED = 20261001


class World(msgspec.Struct, frozen=True):
    """Every record with its whole life, past and future; what is visible when is for its readers to work out."""

    reports: list[moderation.Report]
    events: list[moderation.ModEvent]
    charges: list[payments.Charge]
    tickets: list[helpdesk.Ticket]
    ratings: list[helpdesk.Rating]
    accounts: list[company.Account]
    members: list[company.Member]
    training: list[company.Training]
    audits: list[company.Audit]


@lru_cache(maxsize=2)
def build(seed: int = SEED) -> World:
    """The world of a seed; each part has a generator of its own, so that one can change without moving the others."""
    team = company.members(Random(f"{seed} members"))
    reports, events = moderation.generate(
        Random(f"{seed} moderation"), [member.did for member in team if member.left is None]
    )
    tickets, ratings = helpdesk.generate(Random(f"{seed} helpdesk"))
    return World(
        reports,
        events,
        payments.generate(Random(f"{seed} payments")),
        tickets,
        ratings,
        company.accounts(Random(f"{seed} accounts")),
        team,
        company.training(Random(f"{seed} training"), team),
        company.audits(),
    )
