"""The program's capacity and waitlist. The request is for one charger of 9.6 kW."""

from decimal import Decimal

import pytest

from models.decision import Verdict
from rules.eligibility import capacity
from rules.eligibility.facts import ProgramUsage

PASSED, FAILED, WAIT = Verdict.PASSED, Verdict.FAILED, Verdict.WAIT


@pytest.mark.parametrize(
    ("cap", "usage", "full"),
    [
        ({}, ProgramUsage(customers=10**6, devices=10**6, kw=Decimal(10**6)), ""),
        ({"customers": 10}, ProgramUsage(customers=9), ""),
        ({"customers": 10}, ProgramUsage(customers=10), "customers"),
        ({"devices": 10}, ProgramUsage(devices=9), ""),
        ({"devices": 10}, ProgramUsage(devices=10), "devices"),
        ({"kw": 100}, ProgramUsage(kw=Decimal("90.4")), ""),
        ({"kw": 100}, ProgramUsage(kw=Decimal("90.401")), "kW"),
        ({"customers": 0}, ProgramUsage(), "customers"),
        ({"customers": 10, "devices": 10, "kw": 100}, ProgramUsage(10, 10, Decimal(100)), "customers, devices, kW"),
        ({"customers": 10, "devices": 10}, ProgramUsage(customers=9, devices=10), "devices"),
    ],
)
def test_the_program_has_capacity_up_to_each_cap(eligible_facts, ask, cap, usage, full) -> None:
    finding = ask(capacity.capacity, eligible_facts(program={"capacity": cap}, usage=usage))
    assert finding.verdict is (FAILED if full else PASSED)
    assert finding.reason == (f"The program is full in {full}." if full else "The program has room.")


@pytest.mark.parametrize(
    ("customers", "ahead", "waitlist", "verdict"),
    [
        (9, 0, True, PASSED),
        (10, 0, True, WAIT),
        (10, 0, False, FAILED),
        (9, 1, True, WAIT),
        (9, 1, False, FAILED),
        (10, 3, True, WAIT),
    ],
)
def test_a_full_program_with_a_waitlist_queues_the_request(
    eligible_facts, ask, customers, ahead, waitlist, verdict
) -> None:
    cap, usage = {"customers": 10, "waitlist": waitlist}, ProgramUsage(customers=customers, waiting_ahead=ahead)
    assert ask(capacity.capacity, eligible_facts(program={"capacity": cap}, usage=usage)).verdict is verdict


def test_a_full_program_is_reported(eligible_facts, ask) -> None:
    finding = ask(capacity.capacity, eligible_facts(program={"capacity": {"customers": 0}}))
    assert finding.pointers == ("/program",)


@pytest.mark.parametrize(("held", "verdict"), [(7, PASSED), (8, PASSED), (9, FAILED)])
def test_every_requested_device_needs_capacity(eligible_facts, ask, held, verdict) -> None:
    asked = {"devices": [{"specification": "wallbox-40", "serial_number": serial} for serial in "AB"]}
    facts = eligible_facts(
        program={"capacity": {"devices": 10}, "devices": {"maximum": 2}},
        application=asked,
        usage=ProgramUsage(devices=held),
    )
    assert ask(capacity.capacity, facts).verdict is verdict


@pytest.mark.parametrize(("held", "verdict"), [(8, PASSED), (9, FAILED)])
def test_a_preview_needs_capacity_for_the_minimum_number_of_devices(eligible_facts, ask, held, verdict) -> None:
    program = {"capacity": {"devices": 10}, "devices": {"minimum": 2, "maximum": 3}}
    facts = eligible_facts(program=program, application=None, usage=ProgramUsage(devices=held))
    assert ask(capacity.capacity, facts).verdict is verdict
