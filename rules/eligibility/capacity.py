"""Whether the program has a place, or a waitlist."""

from models.decision import Finding
from rules.capacity import find_exceeded_limits
from rules.eligibility.facts import EligibilityFacts
from rules.eligibility.finding import failed, passed, waitlisted


def capacity(facts: EligibilityFacts) -> Finding:
    """There is room, and nobody has waited longer for it."""
    program = facts.program
    full = find_exceeded_limits(program.capacity, facts.usage, facts.need)
    if not full and not facts.usage.waiting_ahead:
        return passed("capacity", "The program has room.")
    reason = f"The program is full in {', '.join(full)}." if full else "Others wait for the places that are free."
    if program.capacity.waitlist:
        return waitlisted("capacity", reason, "Nothing to do: the waitlist is served in order and you will be told.")
    return failed("capacity", reason, "Choose another program, or apply again when places are added.", "/program")
