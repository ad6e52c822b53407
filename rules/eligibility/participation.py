"""Taking part once, not in two programs that exclude each other, and not again too soon."""

from datetime import date, datetime, time, timedelta

from models.catalog.eligibility import CoolDownRule
from models.decision import Finding
from rules.eligibility.facts import EligibilityFacts
from rules.eligibility.finding import failed, passed


def not_subscribed(facts: EligibilityFacts) -> Finding:
    """The service point does not take part in this program already."""
    if any(held.open and held.program == facts.program.code for held in facts.participations):
        return failed(
            "not_subscribed",
            "The service point already takes part in this program.",
            "Nothing needs to be done to take part; unenrol first to enrol anew.",
            "/program",
        )
    return passed("not_subscribed", "The service point does not take part in this program yet.")


def no_conflicting_program(facts: EligibilityFacts) -> Finding:
    """The service point takes part in no program that excludes this one."""
    conflicting = sorted(
        held.program
        for held in facts.participations
        if held.open and held.program != facts.program.code and held.exclusion == facts.program.exclusion_group
    )
    if conflicting:
        return failed(
            "no_conflicting_program",
            f"The service point takes part in {', '.join(conflicting)}, which excludes this program.",
            f"Unenrol from {', '.join(conflicting)} first.",
            "/program",
        )
    return passed("no_conflicting_program", "No other program excludes this one.")


def _first_eligible_day(free_from: datetime) -> date:
    """The first day of which every hour is free: the next, unless the cool-down ends at midnight."""
    return free_from.date() if free_from.time() == time.min else free_from.date() + timedelta(days=1)


def cool_down(facts: EligibilityFacts, rule: CoolDownRule) -> Finding:
    """An earlier participation of the same customer ended long enough ago."""
    same = (facts.site.customer_id, facts.program.code)
    ends = [
        held.ended_at for held in facts.participations if (held.customer_id, held.program) == same and held.ended_at
    ]
    free_from = max(ends) + rule.period if ends else None
    if free_from is None or free_from <= facts.instant:
        return passed(rule.rule, "No earlier participation ended too recently.")
    return failed(
        rule.rule,
        f"An earlier participation ended less than {rule.days} days ago.",
        f"Apply again from {_first_eligible_day(free_from.astimezone(facts.zone))} on.",
        "/program",
    )
