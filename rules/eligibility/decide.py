"""All rules over all facts. Every rule is asked, whatever the others say, and their order does not matter."""

from collections.abc import Callable
from typing import Any

from models.decision import Decision, Finding, Outcome, Verdict
from models.eligibility import (
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
from rules.eligibility import consent, devices, participation, room, site, standing
from rules.eligibility.facts import Facts

ALWAYS: tuple[Callable[[Facts], Finding], ...] = (
    standing.account_active,
    standing.service_point_active,
    standing.belongs_together,
    standing.program_active,
    standing.enrollment_window,
    standing.offered,
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
    room.capacity,
)

CONFIGURED: dict[type, Callable[[Facts, Any], Finding]] = {
    CustomerClassRule: site.customer_class,
    TariffRule: site.tariff,
    PremiseTypeRule: site.premise_type,
    IntervalMeterRule: site.interval_meter,
    GridLocationRule: site.grid_location,
    FeederKnownRule: site.feeder_known,
    PhaseCountRule: site.phase_count,
    NotCriticalRule: site.not_critical,
    OwnerConsentRule: site.owner_consent,
    CoolDownRule: participation.cool_down,
    StartWithinRule: consent.start_within,
    RatedPowerRule: devices.rated_power,
}


OF_DEVICES: tuple[Callable[[Facts], Finding], ...] = (
    devices.specification_accepted,
    devices.serial_free,
    devices.device_location,
)
"""Those asked again of a device that was installed after the application was accepted."""


def _ask(facts: Facts, rule: ConfiguredRule) -> Finding:
    return CONFIGURED[type(rule)](facts, rule)


def device_failures(facts: Facts) -> tuple[Finding, ...]:
    """What keeps an installed device from being taken: the application was accepted without knowing it."""
    findings = [rule(facts) for rule in OF_DEVICES]
    findings += [_ask(facts, rule) for rule in facts.program.eligibility if isinstance(rule, RatedPowerRule)]
    return tuple(finding for finding in findings if finding.verdict is Verdict.FAILED)


def decide(facts: Facts) -> Decision:
    """Rejected if any rule fails; waitlisted if the only thing missing is a place; else accepted."""
    findings = [rule(facts) for rule in ALWAYS] + [_ask(facts, rule) for rule in facts.program.eligibility]
    verdicts = {finding.verdict for finding in findings}
    outcome = Outcome.ACCEPTED
    if Verdict.FAILED in verdicts:
        outcome = Outcome.REJECTED
    elif Verdict.WAIT in verdicts:
        outcome = Outcome.WAITLISTED
    ordered = tuple(sorted(findings, key=lambda finding: (finding.rule, finding.reason, finding.fix, finding.pointers)))
    return Decision(outcome=outcome, decided_at=facts.instant, findings=ordered)
