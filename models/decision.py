"""What the eligibility rules said: one finding per rule, and what follows from all of them."""

from enum import StrEnum

from pydantic import Field, JsonValue

from models.values import Instant, Value


class Verdict(StrEnum):
    """What one rule says."""

    PASSED = "passed"
    FAILED = "failed"
    WAIT = "wait"
    """It would pass as soon as a place is free, and the program keeps a waitlist."""
    WARNED = "warned"
    """It does not stand in the way, but whoever asks should know."""
    OPEN = "open"
    """It can only be said of an application: nothing was asked for yet."""


class Finding(Value):
    """One rule's answer: the reason in plain words, what would fix it, where in the application.

    `code` and `parameters` say the same without words, so that it can be said in another language; what was stored
    before they were kept has none.
    """

    rule: str
    verdict: Verdict
    code: str = ""
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    reason: str
    fix: str = ""
    pointers: tuple[str, ...] = ()


class DecisionOutcome(StrEnum):
    """What follows."""

    ACCEPTED = "accepted"
    WAITLISTED = "waitlisted"
    REJECTED = "rejected"


class Decision(Value):
    """Every rule's finding, in the order of their codes, and the outcome at that instant."""

    outcome: DecisionOutcome
    decided_at: Instant
    findings: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that stand in the way."""
        return tuple(finding for finding in self.findings if finding.verdict in (Verdict.FAILED, Verdict.WAIT))
