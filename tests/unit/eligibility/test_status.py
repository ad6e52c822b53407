"""Account, service point and program are in a state that allows enrollments. Today is 1 July 2026."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.classifications import AccountStatus
from models.decision import Verdict
from rules.eligibility import availability, consent

PASSED, FAILED, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.OPEN
YESTERDAY, TODAY, TOMORROW = date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 2)


@pytest.mark.parametrize(("status", "verdict"), [(AccountStatus.ACTIVE, PASSED), (AccountStatus.CLOSED, FAILED)])
def test_the_account_has_to_be_active(eligible_facts, ask, status, verdict) -> None:
    assert ask(availability.account_active, eligible_facts(site={"account_status": status})).verdict is verdict


@pytest.mark.parametrize(
    ("begins", "ends", "verdict"),
    [
        (YESTERDAY, None, PASSED),
        (TODAY, None, PASSED),
        (TOMORROW, None, FAILED),
        (YESTERDAY, TOMORROW, PASSED),
        (YESTERDAY, TODAY, PASSED),
        (YESTERDAY, YESTERDAY, FAILED),
        (TODAY, TODAY, PASSED),
    ],
)
def test_the_service_point_is_in_use_from_its_first_to_its_last_day(eligible_facts, ask, begins, ends, verdict) -> None:
    facts = eligible_facts(site={"effective_from": begins, "effective_to": ends})
    assert ask(availability.service_point_active, facts).verdict is verdict


@pytest.mark.parametrize(
    ("application", "verdict"), [({}, PASSED), ({"account": "ACC-2"}, FAILED), ({"account": "acc-1"}, FAILED)]
)
def test_the_service_point_is_billed_to_the_account_that_applies(eligible_facts, ask, application, verdict) -> None:
    finding = ask(availability.belongs_together, eligible_facts(application=application))
    assert finding.verdict is verdict
    assert finding.pointers == (("/account", "/service_point") if verdict is FAILED else ())


def test_a_preview_uses_the_account_of_the_service_point(eligible_facts, ask) -> None:
    assert ask(availability.belongs_together, eligible_facts(application=None)).verdict is PASSED


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ({}, PASSED),
        ({"active": False}, FAILED),
        ({"effective_from": TODAY}, PASSED),
        ({"effective_from": TOMORROW}, FAILED),
        ({"effective_to": TODAY}, PASSED),
        ({"effective_to": YESTERDAY}, FAILED),
        ({"effective_from": TODAY, "effective_to": TODAY}, PASSED),
        ({"effective_from": YESTERDAY, "effective_to": TOMORROW, "active": False}, FAILED),
    ],
)
def test_the_program_runs_from_its_first_to_its_last_day(eligible_facts, ask, program, verdict) -> None:
    assert ask(availability.program_active, eligible_facts(program=program)).verdict is verdict


@pytest.mark.parametrize(
    ("window", "verdict"),
    [
        ({}, PASSED),
        ({"opens": TODAY}, PASSED),
        ({"opens": TOMORROW}, FAILED),
        ({"closes": TODAY}, PASSED),
        ({"closes": YESTERDAY}, FAILED),
        ({"opens": TODAY, "closes": TODAY}, PASSED),
        ({"opens": YESTERDAY, "closes": TOMORROW}, PASSED),
    ],
)
def test_applications_are_accepted_during_the_window(eligible_facts, ask, window, verdict) -> None:
    facts = eligible_facts(program={"enrollment_window": window})
    assert ask(availability.enrollment_window, facts).verdict is verdict


def test_the_last_day_ends_at_the_premises_midnight(eligible_facts, ask) -> None:
    late = datetime(2026, 7, 2, 4, tzinfo=UTC)  # still 1 July in Chicago
    facts = eligible_facts(instant=late, today=TODAY, program={"enrollment_window": {"closes": TODAY}})
    assert ask(availability.enrollment_window, facts).verdict is PASSED


def test_waiting_does_not_make_an_application_late(eligible_facts, ask) -> None:
    waited = {"today": TODAY + timedelta(days=9), "applied_on": TODAY}
    closed = {"enrollment_window": {"closes": TODAY}}
    assert ask(availability.enrollment_window, eligible_facts(program=closed, **waited)).verdict is PASSED
    wished = {"start_date": TODAY}
    assert ask(consent.start_date, eligible_facts(application=wished, **waited)).verdict is PASSED


@pytest.mark.parametrize(
    ("application", "verdict"),
    [
        ({}, PASSED),
        ({"installation_method": "utility_installation", "asset_ownership": "utility_owned"}, PASSED),
        ({"asset_ownership": "utility_owned"}, FAILED),
        ({"installation_method": "utility_installation"}, FAILED),
        ({"installation_method": "self_installation"}, FAILED),
        (None, OPEN),
    ],
)
def test_method_and_ownership_are_offered_together(eligible_facts, ask, application, verdict) -> None:
    offers = [
        {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"},
        {"installation_method": "utility_installation", "asset_ownership": "utility_owned"},
    ]
    facts = eligible_facts(program={"offers": offers}, application=application)
    assert ask(availability.offered, facts).verdict is verdict


def test_the_fix_lists_the_offered_combinations(eligible_facts, ask) -> None:
    finding = ask(availability.offered, eligible_facts(application={"installation_method": "self_installation"}))
    assert finding.fix == "Choose one of: bring_your_own with customer_owned."
    assert finding.pointers == ("/installation_method", "/asset_ownership")
