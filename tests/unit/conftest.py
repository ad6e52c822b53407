"""Fixtures of the rules' tests: facts that pass every rule, to be changed one at a time, and a checked call of a
rule."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import settings

from models.catalog.devices import Specification
from models.catalog.programs import Program
from models.classifications import AccountStatus, CustomerClass, MeterType, PremiseType
from models.decision import Finding, Verdict
from models.requests.enrollment import EnrollmentApplication
from rules.eligibility.facts import EligibilityFacts, ServicePointFacts
from wording.findings.decisions import describe_finding

settings.register_profile("gridenroll", deadline=None, print_blob=True)  # a busy machine is no failure
settings.load_profile("gridenroll")

SITE = ServicePointFacts(
    customer_id="cus_1",
    account="ACC-1",
    account_status=AccountStatus.ACTIVE,
    service_point="SP-1",
    effective_from=date(2020, 1, 1),
    effective_to=None,
    customer_class=CustomerClass.RESIDENTIAL,
    tariff="E-1",
    meter_type=MeterType.AMI,
    phase_count=1,
    feeder="F-7",
    substation="SUB-3",
    postal_code="62701",
    premise_type=PremiseType.SINGLE_FAMILY,
    owner_occupied=True,
    critical=False,
)

SPECIFICATION: Mapping[str, Any] = {
    "code": "wallbox-40",
    "description": "A charger",
    "asset_type": "ev_charger",
    "manufacturer": "Wallbox",
    "model": "Pulsar Plus",
    "rated_kw": "9.6",
    "communication": "Wi-Fi",
    "head_end": "wallbox-cloud",
}

PROGRAM: Mapping[str, Any] = {
    "code": "EV-1",
    "name": "Charge by Night",
    "description": "Charging moved to the night",
    "program_type": "ev_managed_charging",
    "subscription_type": "open-ended",
    "enroll_task": "enroll-own-device",
    "offers": [{"installation_method": "bring_your_own", "asset_ownership": "customer_owned"}],
    "accepts": [{"asset_type": "ev_charger"}],
    "terms": {"version": "2026-01", "url": "https://utility.example/terms"},
}

APPLICATION: Mapping[str, Any] = {
    "transaction_id": "ext-1",
    "account": "ACC-1",
    "service_point": "SP-1",
    "program": "EV-1",
    "devices": [{"specification": "wallbox-40", "serial_number": "WB-0001", "device_location_type": "garage"}],
    "terms": {"version": "2026-01", "accepted_by": "A. Customer", "accepted_at": "2026-07-01T11:00:00Z"},
}


def _specification(**changes: Any) -> Specification:
    return Specification.model_validate({**SPECIFICATION, **changes})


def _eligible_facts(
    *,
    site: Mapping[str, Any] | None = None,
    program: Mapping[str, Any] | None = None,
    application: Mapping[str, Any] | None = APPLICATION,
    **changes: Any,
) -> EligibilityFacts:
    asked = None if application is None else EnrollmentApplication.model_validate({**APPLICATION, **application})
    facts = EligibilityFacts(
        instant=datetime(2026, 7, 1, 12, tzinfo=UTC),
        today=date(2026, 7, 1),
        applied_on=changes.get("today", date(2026, 7, 1)),
        site=replace(SITE, **(site or {})),
        program=Program.model_validate({**PROGRAM, **(program or {})}),
        application=asked,
        specifications=tuple(_specification() for _ in asked.devices) if asked else (),
        location_types=frozenset({("garage", "ev_charger"), ("roof", "pv_inverter")}),
    )
    return replace(facts, **changes)


def _ask(rule: Callable[..., Finding], facts: EligibilityFacts, *configuration: Any) -> Finding:
    finding = describe_finding(rule(facts, *configuration))
    assert finding.rule == rule.__name__
    assert finding.reason.endswith(".")
    if finding.verdict in (Verdict.FAILED, Verdict.WAIT):
        assert finding.fix.endswith(".")
    if finding.verdict is Verdict.FAILED:
        assert finding.pointers
        assert all(re.fullmatch(r"(/[\w.-]+)+", pointer) for pointer in finding.pointers)
    return finding


@pytest.fixture(scope="session")
def specification() -> Callable[..., Specification]:
    """Build the standard charger with these changes."""
    return _specification


@pytest.fixture(scope="session")
def eligible_facts() -> Callable[..., EligibilityFacts]:
    """Build facts at noon UTC on 1 July 2026 that pass every rule.

    `site`, `program` and `application` take the fields that differ, `application=None` makes it a preview; other
    arguments replace fields of Facts. There is one specification for each device unless `specifications` says
    otherwise.
    """
    return _eligible_facts


@pytest.fixture(scope="session")
def ask() -> Callable[..., Finding]:
    """Call `rule(facts, *configuration)`, check the form of its finding, and return it.

    Every finding has the rule's code and a reason; obstacles have a fix, and failures have pointers.
    """
    return _ask
