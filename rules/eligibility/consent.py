"""What the customer agrees to, answers and asks for: terms, qualification questions, start date."""

from datetime import date, datetime, timedelta

from pydantic import JsonValue

from models.catalog.eligibility import StartWithinRule
from models.catalog.programs import Terms
from models.requests.enrollment import AcceptedTerms
from rules.eligibility.facts import EligibilityFacts
from rules.finding import RuleFinding, failed, passed, undecided


def terms_accepted(facts: EligibilityFacts) -> RuleFinding:
    """The program's terms were accepted in their current version, not in the future."""
    current = facts.program.terms
    if facts.application is None:
        return undecided("terms_accepted", "terms_to_be_accepted", version=current.version)
    return check_terms(facts.application.terms, current, facts.instant)


def check_terms(given: AcceptedTerms | None, current: Terms, now: datetime) -> RuleFinding:
    """These terms are the ones in force, and were not accepted in the future."""
    in_force: dict[str, JsonValue] = {"version": current.version, "url": str(current.url)}
    if given is None:
        return failed("terms_accepted", "terms_not_accepted", "/terms", **in_force)
    if given.version != current.version:
        return failed("terms_accepted", "other_terms_accepted", "/terms", accepted=given.version, **in_force)
    if given.accepted_at > now + timedelta(minutes=5):
        return failed("terms_accepted", "terms_accepted_in_future", "/terms/accepted_at")
    return passed("terms_accepted", "terms_are_accepted", version=current.version)


def questions_answered(facts: EligibilityFacts) -> RuleFinding:
    """Every required question is answered, with one of its choices, and by none that disqualifies."""
    if facts.application is None:
        count = len(facts.program.questions)
        if count:
            return undecided("questions_answered", "questions_to_be_asked", count=count)
        return undecided("questions_answered", "no_questions")
    wrong: dict[str, JsonValue] = {}
    disqualified: list[str] = []
    for question in facts.program.questions:
        answer = facts.application.answers.get(question.code)
        if answer in question.disqualifying:
            disqualified.append(question.code)
        elif (not answer and question.required) or (answer and question.choices and answer not in question.choices):
            wrong[question.code] = [*question.choices]
    if disqualified:
        places = (f"/answers/{code}" for code in disqualified)
        return failed("questions_answered", "disqualifying_answer", *places, questions=[*disqualified])
    if wrong:
        places = (f"/answers/{code}" for code in wrong)
        return failed("questions_answered", "invalid_answers", *places, questions=[*wrong], choices=wrong)
    return passed("questions_answered", "questions_are_answered")


def start_date(facts: EligibilityFacts) -> RuleFinding:
    """The start was not in the past when it was asked for."""
    return check_start_date(_requested_start(facts), facts.applied_on)


def check_start_date(requested: date | None, today: date) -> RuleFinding:
    """The day is not in the past where today, at the premise, is that day."""
    if requested is None or requested >= today:
        return passed("start_date", "start_not_in_past")
    return failed("start_date", "start_in_past", "/start_date", requested=str(requested), earliest=str(today))


def start_within(facts: EligibilityFacts, rule: StartWithinRule) -> RuleFinding:
    """The start was not too far ahead when it was asked for."""
    return check_start_within(_requested_start(facts), facts.applied_on, rule)


def check_start_within(requested: date | None, today: date, rule: StartWithinRule) -> RuleFinding:
    """The day is not too far ahead where today, at the premise, is that day."""
    if requested is None or (requested - today).days <= rule.days:
        return passed(rule.rule, "start_soon_enough", days=rule.days)
    return failed(
        rule.rule,
        "start_too_far_ahead",
        "/start_date",
        requested=str(requested),
        days=rule.days,
        latest=str(today + timedelta(days=rule.days)),
    )


def _requested_start(facts: EligibilityFacts) -> date | None:
    return facts.application.start_date if facts.application else None
