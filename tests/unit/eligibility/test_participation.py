"""Participation once, not in two programs that exclude each other, and not again too soon."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.catalog.eligibility import CoolDownRule
from models.decision import Verdict
from rules.eligibility import participation
from rules.eligibility.facts import Participation

PASSED, FAILED = Verdict.PASSED, Verdict.FAILED
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def ended(at: datetime, program: str = "EV-1") -> Participation:
    return Participation("cus_1", program=program, exclusion="ev_managed_charging", open=False, ended_at=at)


def going_on(program: str, exclusion: str) -> Participation:
    return Participation("cus_1", program=program, exclusion=exclusion, open=True)


@pytest.mark.parametrize(
    ("participations", "verdict"),
    [
        ((), PASSED),
        ((going_on("EV-1", "ev_managed_charging"),), FAILED),
        ((going_on("EV-1", "of another time"),), FAILED),
        ((ended(NOON),), PASSED),
        ((ended(NOON), going_on("EV-1", "ev_managed_charging")), FAILED),
        ((going_on("EV-2", "ev_managed_charging"),), PASSED),
    ],
)
def test_a_service_point_participates_in_a_program_once(eligible_facts, ask, participations, verdict) -> None:
    assert ask(participation.not_subscribed, eligible_facts(participations=participations)).verdict is verdict


@pytest.mark.parametrize(
    ("participations", "verdict"),
    [
        ((), PASSED),
        ((going_on("EV-2", "ev_managed_charging"),), FAILED),
        ((going_on("EV-2", "demand_response"),), PASSED),
        ((ended(NOON, "EV-2"),), PASSED),
        ((going_on("EV-1", "ev_managed_charging"),), PASSED),
    ],
)
def test_programs_of_one_type_exclude_each_other_while_active(eligible_facts, ask, participations, verdict) -> None:
    facts = eligible_facts(participations=participations)
    assert ask(participation.no_conflicting_program, facts).verdict is verdict


@pytest.mark.parametrize(("exclusion", "verdict"), [("peak", FAILED), ("ev_managed_charging", PASSED)])
def test_a_conflict_group_replaces_the_program_type(eligible_facts, ask, exclusion, verdict) -> None:
    facts = eligible_facts(program={"conflict_group": "peak"}, participations=(going_on("DR-1", exclusion),))
    assert ask(participation.no_conflicting_program, facts).verdict is verdict


def test_every_conflicting_program_is_named(eligible_facts, ask) -> None:
    held = (going_on("EV-3", "ev_managed_charging"), going_on("EV-2", "ev_managed_charging"))
    finding = ask(participation.no_conflicting_program, eligible_facts(participations=held))
    assert finding.fix == "Unenroll from EV-2, EV-3 first."


@pytest.mark.parametrize(
    ("participations", "verdict"),
    [
        ((), PASSED),
        ((ended(NOON - timedelta(days=90)),), PASSED),
        ((ended(NOON - timedelta(days=90) + INSTANT),), FAILED),
        ((ended(NOON - timedelta(days=400)), ended(NOON - timedelta(days=1))), FAILED),
        ((ended(NOON - timedelta(days=1)), ended(NOON - timedelta(days=400))), FAILED),
        ((ended(NOON - timedelta(days=1), "EV-2"),), PASSED),
        ((going_on("EV-1", "ev_managed_charging"),), PASSED),
        ((ended(NOON + timedelta(days=1)),), FAILED),
        ((replace(ended(NOON - timedelta(days=1)), customer_id="cus_2"),), PASSED),
    ],
)
def test_the_last_participation_ended_long_enough_ago(eligible_facts, ask, participations, verdict) -> None:
    rule = CoolDownRule(rule="cool_down", days=90)
    facts = eligible_facts(participations=participations)
    assert ask(participation.cool_down, facts, rule).verdict is verdict


def test_applying_on_the_named_date_passes(eligible_facts, ask) -> None:
    rule, held = CoolDownRule(rule="cool_down", days=1), (ended(NOON - timedelta(hours=1)),)
    advised = ask(participation.cool_down, eligible_facts(participations=held), rule).fix
    assert advised.startswith("Apply again from 2026-07-0")
    day = date.fromisoformat(advised.split()[3])
    morning = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    later = eligible_facts(participations=held, instant=morning, today=day)
    assert ask(participation.cool_down, later, rule).verdict is PASSED


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", "2026-07-03"),
        ("America/New_York", "2026-07-03"),
        ("Asia/Tokyo", "2026-07-04"),
        ("Etc/GMT-1", "2026-07-03"),
    ],
)
def test_the_named_date_is_local_to_the_premise(eligible_facts, ask, zone, day) -> None:
    rule, held = CoolDownRule(rule="cool_down", days=1), (ended(datetime(2026, 7, 1, 23, tzinfo=UTC)),)
    facts = eligible_facts(participations=held, zone=ZoneInfo(zone))
    assert ask(participation.cool_down, facts, rule).fix == f"Apply again from {day} on."
