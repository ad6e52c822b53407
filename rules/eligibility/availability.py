"""Whether account, service point and program are in a state in which anyone can enroll."""

from datetime import date

from models.catalog.programs import Program
from models.classifications import AccountStatus
from rules.eligibility.facts import EligibilityFacts
from rules.finding import RuleFinding, failed, passed, undecided


def account_active(facts: EligibilityFacts) -> RuleFinding:
    """The CIS has the account as active."""
    if facts.site.account_status is AccountStatus.ACTIVE:
        return passed("account_active", "account_is_active")
    return failed("account_active", "account_is_closed", "/account")


def service_point_active(facts: EligibilityFacts) -> RuleFinding:
    """Service is delivered at the service point today."""
    begins, ends = facts.site.effective_from, facts.site.effective_to
    if facts.today < begins:
        return failed("service_point_active", "service_not_started", "/service_point", first_day=str(begins))
    if ends and ends < facts.today:
        return failed("service_point_active", "service_ended", "/service_point", last_day=str(ends))
    return passed("service_point_active", "service_point_is_in_use")


def belongs_together(facts: EligibilityFacts) -> RuleFinding:
    """The service point is still billed to the account of the application."""
    if facts.application is None or facts.application.account == facts.site.account:
        return passed("belongs_together", "service_point_is_of_account")
    return failed("belongs_together", "service_point_is_of_other_account", "/account", "/service_point")


def program_active(facts: EligibilityFacts) -> RuleFinding:
    """The program runs today."""
    return check_program_active(facts.program, facts.today)


def check_program_active(program: Program, today: date) -> RuleFinding:
    """The program runs on this day."""
    begins, ends = program.effective_from, program.effective_to
    if not program.active or (ends and ends < today):
        return failed("program_active", "program_is_closed", "/program", program=program.name)
    if begins and today < begins:
        return failed("program_active", "program_not_started", "/program", program=program.name, first_day=str(begins))
    return passed("program_active", "program_is_running", program=program.name)


def enrollment_window(facts: EligibilityFacts) -> RuleFinding:
    """Applications were accepted on the day of this one."""
    return check_enrollment_window(facts.program, facts.applied_on)


def check_enrollment_window(program: Program, today: date) -> RuleFinding:
    """Applications are accepted on this day."""
    window = program.enrollment_window
    if window.opens and today < window.opens:
        return failed("enrollment_window", "enrollment_not_open", "/program", first_day=str(window.opens))
    if window.closes and window.closes < today:
        return failed("enrollment_window", "enrollment_closed", "/program", last_day=str(window.closes))
    return passed("enrollment_window", "enrollment_is_open")


def offered(facts: EligibilityFacts) -> RuleFinding:
    """The program offers the installation method with the ownership."""
    asked = facts.application
    if asked is None:
        return undecided("offered", "offer_depends_on_installation")
    offers = [(one.installation_method, one.asset_ownership) for one in facts.program.offers]
    if (asked.installation_method, asked.asset_ownership) in offers:
        return passed("offered", "installation_is_offered")
    return failed(
        "offered",
        "installation_not_offered",
        "/installation_method",
        "/asset_ownership",
        method=asked.installation_method,
        ownership=asked.asset_ownership,
        offers=[[method, ownership] for method, ownership in offers],
    )
