"""What the customer agrees to, answers and wishes: terms, qualification questions, start date."""

from datetime import date, datetime, timedelta

from models.catalog.eligibility import StartWithinRule
from models.catalog.programs import Terms
from models.decision import Finding
from models.requests.enrollment import AcceptedTerms
from rules.eligibility.facts import EligibilityFacts
from rules.eligibility.finding import failed, passed, undecided


def terms_accepted(facts: EligibilityFacts) -> Finding:
    """The program's terms were accepted in their current version, not in the future."""
    current = facts.program.terms
    if facts.application is None:
        return undecided("terms_accepted", f"Version {current.version} of the terms will have to be accepted.")
    return check_terms(facts.application.terms, current, facts.instant)


def check_terms(given: AcceptedTerms | None, current: Terms, now: datetime) -> Finding:
    """These terms are the ones in force, and were not accepted in the future."""
    if given is None or given.version != current.version:
        said = "were not accepted" if given is None else f"were accepted in version {given.version}"
        return failed(
            "terms_accepted",
            f"The terms {said}; version {current.version} is in force.",
            f"Read and accept version {current.version} at {current.url}.",
            "/terms",
        )
    if given.accepted_at > now + timedelta(minutes=5):
        return failed(
            "terms_accepted",
            "The terms are said to have been accepted in the future.",
            "Send the instant at which they were accepted, with its offset.",
            "/terms/accepted_at",
        )
    return passed("terms_accepted", f"Version {current.version} of the terms was accepted.")


def questions_answered(facts: EligibilityFacts) -> Finding:
    """Every required question is answered, with one of its choices, and by none that disqualifies."""
    if facts.application is None:
        count = len(facts.program.questions)
        return undecided("questions_answered", f"{count} question(s) will be asked." if count else "No questions.")
    wrong: dict[str, str] = {}
    disqualified: list[str] = []
    for question in facts.program.questions:
        answer = facts.application.answers.get(question.code)
        if answer in question.disqualifying:
            disqualified.append(question.code)
        elif (not answer and question.required) or (answer and question.choices and answer not in question.choices):
            wrong[question.code] = f" with one of: {', '.join(question.choices)}" if question.choices else ""
    if disqualified:
        return failed(
            "questions_answered",
            f"The answer to {', '.join(disqualified)} rules the program out.",
            "Correct the answer if it was given by mistake.",
            *(f"/answers/{code}" for code in disqualified),
        )
    if wrong:
        return failed(
            "questions_answered",
            f"No valid answer to: {', '.join(wrong)}.",
            f"Answer {'; '.join(f'{code}{choices}' for code, choices in wrong.items())}.",
            *(f"/answers/{code}" for code in wrong),
        )
    return passed("questions_answered", "Every required question is answered.")


def start_date(facts: EligibilityFacts) -> Finding:
    """The start was not in the past when it was wished."""
    return check_start_date(_requested_start(facts), facts.applied_on)


def check_start_date(wished: date | None, today: date) -> Finding:
    """The day is not in the past where today, at the premise, is that day."""
    if wished is None or wished >= today:
        return passed("start_date", "The start date is not in the past.")
    return failed("start_date", f"The start date {wished} is in the past.", f"Choose {today} or later.", "/start_date")


def start_within(facts: EligibilityFacts, rule: StartWithinRule) -> Finding:
    """The start was not too far ahead when it was wished."""
    return check_start_within(_requested_start(facts), facts.applied_on, rule)


def check_start_within(wished: date | None, today: date, rule: StartWithinRule) -> Finding:
    """The day is not too far ahead where today, at the premise, is that day."""
    if wished is None or (wished - today).days <= rule.days:
        return passed(rule.rule, f"The start lies within {rule.days} days.")
    return failed(
        rule.rule,
        f"The start date {wished} lies more than {rule.days} days ahead.",
        f"Choose a date up to {today + timedelta(days=rule.days)}.",
        "/start_date",
    )


def _requested_start(facts: EligibilityFacts) -> date | None:
    return facts.application.start_date if facts.application else None
