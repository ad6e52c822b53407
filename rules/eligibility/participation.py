"""Whether the service point takes part already, in this program or one that excludes it, or did too recently."""

from datetime import date, datetime, time, timedelta

from models.catalog.eligibility import CoolDownRule
from rules.eligibility.facts import EligibilityFacts
from rules.finding import RuleFinding, failed, passed


def not_subscribed(facts: EligibilityFacts) -> RuleFinding:
    """The service point does not take part in this program already."""
    if any(held.open and held.program == facts.program.code for held in facts.participations):
        return failed("not_subscribed", "already_participating", "/program")
    return passed("not_subscribed", "not_participating")


def no_conflicting_program(facts: EligibilityFacts) -> RuleFinding:
    """The service point takes part in no program that excludes this one."""
    conflicting = sorted(
        held.program
        for held in facts.participations
        if held.open and held.program != facts.program.code and held.exclusion == facts.program.exclusion_group
    )
    if conflicting:
        return failed("no_conflicting_program", "participating_in_conflicting", "/program", programs=[*conflicting])
    return passed("no_conflicting_program", "no_program_conflicts")


def cool_down(facts: EligibilityFacts, rule: CoolDownRule) -> RuleFinding:
    """An earlier participation of the same customer ended long enough ago."""
    same = (facts.site.customer_id, facts.program.code)
    ends = [
        held.ended_at for held in facts.participations if (held.customer_id, held.program) == same and held.ended_at
    ]
    free_from = max(ends) + rule.period if ends else None
    if free_from is None or free_from <= facts.instant:
        return passed(rule.rule, "cool_down_is_over")
    return failed(
        rule.rule,
        "participated_too_recently",
        "/program",
        days=rule.days,
        first_day=str(_first_eligible_day(free_from.astimezone(facts.zone))),
    )


def _first_eligible_day(free_from: datetime) -> date:
    """The first day of which every hour is free: the next, unless the cool-down ends at midnight."""
    return free_from.date() if free_from.time() == time.min else free_from.date() + timedelta(days=1)
