"""How a rule says what it found."""

from models.decision import Finding, Verdict


def passed(rule: str, reason: str) -> Finding:
    """Nothing stands in the way."""
    return Finding(rule=rule, verdict=Verdict.PASSED, reason=reason)


def failed(rule: str, reason: str, fix: str, *pointers: str) -> Finding:
    """It stands in the way, and this would remove it."""
    return Finding(rule=rule, verdict=Verdict.FAILED, reason=reason, fix=fix, pointers=pointers)


def waitlisted(rule: str, reason: str, fix: str) -> Finding:
    """It is only a matter of time."""
    return Finding(rule=rule, verdict=Verdict.WAIT, reason=reason, fix=fix)


def undecided(rule: str, reason: str) -> Finding:
    """It is decided when somebody applies."""
    return Finding(rule=rule, verdict=Verdict.OPEN, reason=reason)
