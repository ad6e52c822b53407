"""What a rule finds: a verdict, the code of what is to be said, and the values in it. wording/findings/ says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from models.decision import DecisionOutcome, Verdict


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """The answer of one rule. `pointers`: the places in the request that it is about."""

    rule: str
    verdict: Verdict
    code: str
    parameters: Mapping[str, JsonValue]
    pointers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleDecision:
    """What follows from the findings of all rules at an instant."""

    outcome: DecisionOutcome
    decided_at: datetime
    findings: tuple[RuleFinding, ...]

    @property
    def failures(self) -> tuple[RuleFinding, ...]:
        """The findings that stand in the way."""
        return tuple(finding for finding in self.findings if finding.verdict in (Verdict.FAILED, Verdict.WAIT))


def passed(rule: str, code: str, **parameters: JsonValue) -> RuleFinding:
    """Nothing stands in the way."""
    return RuleFinding(rule, Verdict.PASSED, code, parameters)


def failed(rule: str, code: str, *pointers: str, **parameters: JsonValue) -> RuleFinding:
    """It stands in the way; the wording of the code says what would remove it."""
    return RuleFinding(rule, Verdict.FAILED, code, parameters, pointers)


def warned(rule: str, code: str, **parameters: JsonValue) -> RuleFinding:
    """It does not stand in the way, but whoever asks should know."""
    return RuleFinding(rule, Verdict.WARNED, code, parameters)


def waitlisted(rule: str, code: str, **parameters: JsonValue) -> RuleFinding:
    """It is only a matter of time."""
    return RuleFinding(rule, Verdict.WAIT, code, parameters)


def undecided(rule: str, code: str, **parameters: JsonValue) -> RuleFinding:
    """It is decided when somebody applies."""
    return RuleFinding(rule, Verdict.OPEN, code, parameters)
