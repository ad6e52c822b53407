"""The customer's consent, answers and start date. It is noon UTC on 1 July 2026; terms 2026-01 are in force."""

import pytest

from models.catalog.eligibility import StartWithinRule
from models.decision import Verdict
from rules.eligibility import consent

PASSED, FAILED, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.OPEN


def accepted(version: str = "2026-01", at: str = "2026-07-01T11:00:00Z") -> dict[str, str]:
    return {"version": version, "accepted_by": "A. Customer", "accepted_at": at}


@pytest.mark.parametrize(
    ("terms", "verdict", "pointers"),
    [
        (accepted(), PASSED, ()),
        (None, FAILED, ("/terms",)),
        (accepted(version="2025-01"), FAILED, ("/terms",)),
        (accepted(at="2019-01-01T00:00:00Z"), PASSED, ()),
        (accepted(at="2026-07-01T12:00:00Z"), PASSED, ()),
        (accepted(at="2026-07-01T12:05:00Z"), PASSED, ()),
        (accepted(at="2026-07-01T12:05:00.000001Z"), FAILED, ("/terms/accepted_at",)),
        (accepted(at="2026-07-01T14:00:00+02:00"), PASSED, ()),
        (accepted(at="2026-07-01T12:00:00-05:00"), FAILED, ("/terms/accepted_at",)),
    ],
)
def test_the_terms_in_force_were_accepted_and_not_in_the_future(eligible_facts, ask, terms, verdict, pointers) -> None:
    finding = ask(consent.terms_accepted, eligible_facts(application={"terms": terms}))
    assert (finding.verdict, finding.pointers) == (verdict, pointers)


def test_the_fix_names_the_terms_version_and_url(eligible_facts, ask) -> None:
    finding = ask(consent.terms_accepted, eligible_facts(application={"terms": accepted(version="2025-01")}))
    assert "2025-01" in finding.reason
    assert finding.fix == "Read and accept version 2026-01 at https://utility.example/terms."


def question(**changes: object) -> dict[str, object]:
    return {"code": "central_air", "text": "Is there central air conditioning?", **changes}


YES_OR_NO = {"choices": ["yes", "no"], "disqualifying": ["no"]}


@pytest.mark.parametrize(
    ("asked", "answers", "verdict"),
    [
        (question(), {"central_air": "some"}, PASSED),
        (question(), {}, FAILED),
        (question(), {"central_air": ""}, FAILED),
        (question(), {"central_air": "   "}, FAILED),
        (question(required=False), {}, PASSED),
        (question(required=False), {"central_air": ""}, PASSED),
        (question(**YES_OR_NO), {"central_air": "yes"}, PASSED),
        (question(**YES_OR_NO), {"central_air": "no"}, FAILED),
        (question(**YES_OR_NO), {"central_air": "perhaps"}, FAILED),
        (question(**YES_OR_NO), {"central_air": ""}, FAILED),
        (question(**YES_OR_NO), {"another": "yes"}, FAILED),
        (question(**YES_OR_NO, required=False), {}, PASSED),
        (question(**YES_OR_NO, required=False), {"central_air": "no"}, FAILED),
        (question(**YES_OR_NO, required=False), {"central_air": "perhaps"}, FAILED),
        (question(disqualifying=["none"]), {"central_air": "none"}, FAILED),
    ],
)
def test_required_questions_are_answered_by_a_choice_that_qualifies(
    eligible_facts, ask, asked, answers, verdict
) -> None:
    facts = eligible_facts(program={"questions": [asked]}, application={"answers": answers})
    finding = ask(consent.questions_answered, facts)
    assert finding.verdict is verdict
    assert finding.pointers == (("/answers/central_air",) if verdict is FAILED else ())


def test_every_question_without_a_valid_answer_is_named(eligible_facts, ask) -> None:
    asked = [question(code=code, choices=["yes", "no"]) for code in ("one", "two", "three")]
    facts = eligible_facts(program={"questions": asked}, application={"answers": {"one": "yes", "three": "so"}})
    finding = ask(consent.questions_answered, facts)
    assert finding.pointers == ("/answers/two", "/answers/three")
    assert finding.fix == "Answer two with one of: yes, no; three with one of: yes, no."


def test_unrequested_answers_are_ignored(eligible_facts, ask) -> None:
    facts = eligible_facts(application={"answers": {"unasked": "whatever"}})
    assert ask(consent.questions_answered, facts).verdict is PASSED


@pytest.mark.parametrize("rule", [consent.terms_accepted, consent.questions_answered])
def test_a_preview_leaves_terms_and_questions_open(eligible_facts, ask, rule) -> None:
    facts = eligible_facts(application=None, program={"questions": [question()]})
    assert ask(rule, facts).verdict is OPEN


@pytest.mark.parametrize(
    ("wished", "verdict"),
    [
        (None, PASSED),
        ("2026-07-01", PASSED),
        ("2026-07-02", PASSED),
        ("9999-12-31", PASSED),
        ("2026-06-30", FAILED),
        ("0001-01-01", FAILED),
    ],
)
def test_the_start_is_not_in_the_past(eligible_facts, ask, wished, verdict) -> None:
    finding = ask(consent.start_date, eligible_facts(application={"start_date": wished}))
    assert finding.verdict is verdict
    assert finding.pointers == (("/start_date",) if verdict is FAILED else ())


@pytest.mark.parametrize(
    ("days", "wished", "verdict"),
    [
        (30, None, PASSED),
        (30, "2026-07-01", PASSED),
        (30, "2026-07-31", PASSED),
        (30, "2026-08-01", FAILED),
        (30, "9999-12-31", FAILED),
        (0, "2026-07-01", PASSED),
        (0, "2026-07-02", FAILED),
    ],
)
def test_the_start_is_not_too_far_ahead(eligible_facts, ask, days, wished, verdict) -> None:
    rule = StartWithinRule(rule="start_within", days=days)
    finding = ask(consent.start_within, eligible_facts(application={"start_date": wished}), rule)
    assert finding.verdict is verdict
    assert finding.pointers == (("/start_date",) if verdict is FAILED else ())


def test_the_latest_start_is_named(eligible_facts, ask) -> None:
    rule = StartWithinRule(rule="start_within", days=30)
    facts = eligible_facts(application={"start_date": "2026-08-01"})
    assert ask(consent.start_within, facts, rule).fix == "Choose a date up to 2026-07-31."


def test_a_preview_starts_today(eligible_facts, ask) -> None:
    rule = StartWithinRule(rule="start_within", days=0)
    facts = eligible_facts(application=None)
    assert ask(consent.start_date, facts).verdict is PASSED
    assert ask(consent.start_within, facts, rule).verdict is PASSED
