"""All rules over all facts. Every rule is asked, whatever the others say, and their order does not matter."""

from collections.abc import Callable
from typing import Any

from models.catalog.eligibility import (
    ConfiguredRule,
    CoolDownRule,
    CustomerClassRule,
    FeederKnownRule,
    GridLocationRule,
    IntervalMeterRule,
    NotCriticalRule,
    OwnerConsentRule,
    PhaseCountRule,
    PremiseTypeRule,
    RatedPowerRule,
    StartWithinRule,
    TariffRule,
)
from models.decision import DecisionOutcome, Verdict
from rules.eligibility import availability, capacity, consent, devices, participation, service_point
from rules.eligibility.facts import EligibilityFacts
from rules.finding import RuleDecision, RuleFinding

STANDARD_RULES: tuple[Callable[[EligibilityFacts], RuleFinding], ...] = (
    availability.account_active,
    availability.service_point_active,
    availability.belongs_together,
    availability.program_active,
    availability.enrollment_window,
    availability.offered,
    devices.device_count,
    devices.specification_accepted,
    devices.serial_once,
    devices.serial_free,
    devices.device_location,
    participation.not_subscribed,
    participation.no_conflicting_program,
    consent.terms_accepted,
    consent.questions_answered,
    consent.start_date,
    capacity.capacity,
)

RULE_BY_CONFIGURATION: dict[type, Callable[[EligibilityFacts, Any], RuleFinding]] = {
    CustomerClassRule: service_point.customer_class,
    TariffRule: service_point.tariff,
    PremiseTypeRule: service_point.premise_type,
    IntervalMeterRule: service_point.interval_meter,
    GridLocationRule: service_point.grid_location,
    FeederKnownRule: service_point.feeder_known,
    PhaseCountRule: service_point.phase_count,
    NotCriticalRule: service_point.not_critical,
    OwnerConsentRule: service_point.owner_consent,
    CoolDownRule: participation.cool_down,
    StartWithinRule: consent.start_within,
    RatedPowerRule: devices.rated_power,
}


DEVICE_RULES: tuple[Callable[[EligibilityFacts], RuleFinding], ...] = (
    devices.specification_accepted,
    devices.serial_free,
    devices.device_location,
)
"""Those asked again of a device that was installed after the application was accepted."""


def _evaluate(facts: EligibilityFacts, rule: ConfiguredRule) -> RuleFinding:
    return RULE_BY_CONFIGURATION[type(rule)](facts, rule)


def find_device_failures(facts: EligibilityFacts) -> tuple[RuleFinding, ...]:
    """What keeps an installed device from being taken: the application was accepted without knowing it."""
    findings = [rule(facts) for rule in DEVICE_RULES]
    findings += [_evaluate(facts, rule) for rule in facts.program.eligibility if isinstance(rule, RatedPowerRule)]
    return tuple(finding for finding in findings if finding.verdict is Verdict.FAILED)


def decide_eligibility(facts: EligibilityFacts) -> RuleDecision:
    """Rejected if any rule fails; waitlisted if the only thing missing is a place; else accepted."""
    findings = [rule(facts) for rule in STANDARD_RULES] + [_evaluate(facts, rule) for rule in facts.program.eligibility]
    verdicts = {finding.verdict for finding in findings}
    outcome = DecisionOutcome.ACCEPTED
    if Verdict.FAILED in verdicts:
        outcome = DecisionOutcome.REJECTED
    elif Verdict.WAIT in verdicts:
        outcome = DecisionOutcome.WAITLISTED
    ordered = tuple(
        sorted(findings, key=lambda finding: (finding.rule, finding.code, str(finding.parameters), finding.pointers))
    )
    return RuleDecision(outcome=outcome, decided_at=facts.instant, findings=ordered)
