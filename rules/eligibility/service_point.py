"""What programs ask of the customer's service point and premise."""

from models.catalog.eligibility import (
    CustomerClassRule,
    FeederKnownRule,
    GridLocationRule,
    IntervalMeterRule,
    NotCriticalRule,
    OwnerConsentRule,
    PhaseCountRule,
    PremiseTypeRule,
    TariffRule,
)
from models.classifications import MeterType
from models.decision import Finding
from rules.alternatives import join_codes
from rules.eligibility.facts import EligibilityFacts
from rules.eligibility.finding import failed, passed, undecided

_POINTER = "/service_point"


def customer_class(facts: EligibilityFacts, rule: CustomerClassRule) -> Finding:
    """The service point's class is one the program is made for."""
    if facts.site.customer_class in rule.classes:
        return passed(rule.rule, f"The program is open to {facts.site.customer_class} customers.")
    return failed(
        rule.rule,
        f"The program is for {', '.join(rule.classes)} customers; this service point is {facts.site.customer_class}.",
        "Choose a program for this class of customer.",
        _POINTER,
    )


def tariff(facts: EligibilityFacts, rule: TariffRule) -> Finding:
    """The service point's tariff is accepted and not excluded."""
    mine = facts.site.tariff
    if mine in rule.excluded or (rule.accepted and mine not in rule.accepted):
        return failed(rule.rule, f"Tariff {mine} does not go with the program.", _suggest_tariff(rule), _POINTER)
    return passed(rule.rule, f"Tariff {mine} goes with the program.")


def _suggest_tariff(rule: TariffRule) -> str:
    if not rule.accepted:
        return f"Change the tariff to another than {', '.join(rule.excluded)} first."
    fitting = [tariff for tariff in rule.accepted if tariff not in rule.excluded]
    return f"Change the tariff to one of {', '.join(fitting)} first." if fitting else "Choose another program."


def premise_type(facts: EligibilityFacts, rule: PremiseTypeRule) -> Finding:
    """The building is of a kind the program takes."""
    if facts.site.premise_type in rule.types:
        return passed(rule.rule, f"The program takes premises of type {facts.site.premise_type}.")
    return failed(
        rule.rule,
        f"The program takes {', '.join(rule.types)}; the premise is {facts.site.premise_type}.",
        "Apply for another premise.",
        _POINTER,
    )


def interval_meter(facts: EligibilityFacts, rule: IntervalMeterRule) -> Finding:
    """The meter reports intervals."""
    if facts.site.meter_type is MeterType.AMI:
        return passed(rule.rule, "The meter reports interval data.")
    return failed(rule.rule, "The meter does not report interval data.", "Ask for an AMI meter first.", _POINTER)


def grid_location(facts: EligibilityFacts, rule: GridLocationRule) -> Finding:
    """The service point lies in the part of the grid that the program serves."""
    site = facts.site
    inside = site.feeder in rule.feeders or site.substation in rule.substations or site.postal_code in rule.postal_codes
    if inside:
        return passed(rule.rule, "The service point lies in the program's area.")
    return failed(
        rule.rule,
        "The service point lies outside the program's area.",
        f"Choose a program offered here; this one serves {_describe_area(rule)}.",
        _POINTER,
    )


def _describe_area(rule: GridLocationRule) -> str:
    parts = {"feeders": rule.feeders, "substations": rule.substations, "postal codes": rule.postal_codes}
    return "; ".join(f"{kind} {join_codes(codes)}" for kind, codes in parts.items() if codes)


def feeder_known(facts: EligibilityFacts, rule: FeederKnownRule) -> Finding:
    """The service point is connected to a feeder in our record."""
    if facts.site.feeder:
        return passed(rule.rule, "The service point's feeder is known.")
    return failed(
        rule.rule,
        "The service point has no feeder in the CIS, so the DERMS could not model the device.",
        "Have the CIS record corrected, then apply again.",
        _POINTER,
    )


def phase_count(facts: EligibilityFacts, rule: PhaseCountRule) -> Finding:
    """The service point has enough phases."""
    if facts.site.phase_count >= rule.minimum:
        return passed(rule.rule, f"The service point has {facts.site.phase_count} phase(s).")
    return failed(
        rule.rule,
        f"The program needs {rule.minimum} phases; the service point has {facts.site.phase_count}.",
        "Ask for a service upgrade first.",
        _POINTER,
    )


def not_critical(facts: EligibilityFacts, rule: NotCriticalRule) -> Finding:
    """Nobody's health depends on the supply that would be controlled."""
    if not facts.site.critical:
        return passed(rule.rule, "The service point is not marked as critical.")
    return failed(
        rule.rule,
        "The service point feeds critical or medical equipment.",
        "Have the mark removed in the CIS if it no longer holds.",
        _POINTER,
    )


def owner_consent(facts: EligibilityFacts, rule: OwnerConsentRule) -> Finding:
    """A renter has the owner's consent."""
    if facts.site.owner_occupied:
        return passed(rule.rule, "The customer owns the premise.")
    if facts.application is None:
        return undecided(rule.rule, "The premise is rented: the owner's consent will be asked for.")
    if facts.application.answers.get(rule.answer, "").lower() in ("yes", "true"):
        return passed(rule.rule, "The owner consents.")
    return failed(
        rule.rule,
        "The premise is rented and the owner's consent is missing.",
        f"Answer {rule.answer} with yes once the owner has agreed.",
        f"/answers/{rule.answer}",
    )
