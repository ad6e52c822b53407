"""Whether the program has capacity, or a waitlist."""

from rules.capacity import find_exceeded_limits
from rules.eligibility.facts import EligibilityFacts
from rules.finding import RuleFinding, failed, passed, waitlisted


def capacity(facts: EligibilityFacts) -> RuleFinding:
    """The program has capacity, and nobody has waited longer for it."""
    program = facts.program
    full = find_exceeded_limits(program.capacity, facts.usage, facts.need)
    if not full and not facts.usage.waiting_ahead:
        return passed("capacity", "capacity_available")
    if program.capacity.waitlist:
        return (
            waitlisted("capacity", "waiting_until_not_full", limits=[*full])
            if full
            else waitlisted("capacity", "waiting_behind_others")
        )
    if full:
        return failed("capacity", "program_is_full", "/program", limits=[*full])
    return failed("capacity", "others_are_waiting", "/program")
