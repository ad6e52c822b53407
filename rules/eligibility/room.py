"""Whether the program has a place, or a waitlist."""

from models.decision import Finding
from rules.capacity import full_in
from rules.eligibility.facts import Facts
from rules.eligibility.finding import failed, passed, wait


def capacity(facts: Facts) -> Finding:
    """There is room, and nobody has waited longer for it."""
    program = facts.program
    full = full_in(program.capacity, facts.usage, facts.need)
    if not full and not facts.usage.waiting_ahead:
        return passed("capacity", "The program has room.")
    reason = f"The program is full in {', '.join(full)}." if full else "Others wait for the places that are free."
    if program.capacity.waitlist:
        return wait("capacity", reason, "Nothing to do: the waitlist is served in order and you will be told.")
    return failed("capacity", reason, "Choose another program, or apply again when places are added.", "/program")
