"""Whether account, service point and program are in a state in which anyone can enrol."""

from datetime import date

from models.catalog.programs import Program
from models.classifications import AccountStatus
from models.decision import Finding
from rules.eligibility.facts import EligibilityFacts
from rules.eligibility.finding import failed, passed, undecided


def account_active(facts: EligibilityFacts) -> Finding:
    """The account is in good standing with the CIS."""
    if facts.site.account_status is AccountStatus.ACTIVE:
        return passed("account_active", "The account is active.")
    return failed("account_active", "The account is closed.", "Apply with an active account.", "/account")


def service_point_active(facts: EligibilityFacts) -> Finding:
    """Service is delivered at the service point today."""
    begins, ends = facts.site.effective_from, facts.site.effective_to
    if facts.today < begins:
        return failed(
            "service_point_active", f"Service starts on {begins}.", "Apply from that day on.", "/service_point"
        )
    if ends and ends < facts.today:
        return failed(
            "service_point_active", f"Service ended on {ends}.", "Apply for a service point in use.", "/service_point"
        )
    return passed("service_point_active", "The service point is in use.")


def belongs_together(facts: EligibilityFacts) -> Finding:
    """The service point is still billed to the account of the application."""
    if facts.application is None or facts.application.account == facts.site.account:
        return passed("belongs_together", "The service point belongs to the account.")
    return failed(
        "belongs_together",
        "The service point belongs to another account now.",
        "Apply with the account that the service point is billed to.",
        "/account",
        "/service_point",
    )


def program_active(facts: EligibilityFacts) -> Finding:
    """The program runs today."""
    return check_program_active(facts.program, facts.today)


def check_program_active(program: Program, today: date) -> Finding:
    """The program runs on this day."""
    begins, ends = program.effective_from, program.effective_to
    if not program.active or (ends and ends < today):
        return failed("program_active", f"{program.name} is closed.", "Choose another program.", "/program")
    if begins and today < begins:
        return failed("program_active", f"{program.name} starts on {begins}.", "Apply from that day on.", "/program")
    return passed("program_active", f"{program.name} is running.")


def enrollment_window(facts: EligibilityFacts) -> Finding:
    """Applications were taken on the day of this one."""
    return check_enrollment_window(facts.program, facts.applied_on)


def check_enrollment_window(program: Program, today: date) -> Finding:
    """Applications are taken on this day."""
    window = program.enrollment_window
    if window.opens and today < window.opens:
        return failed("enrollment_window", f"Enrolment opens on {window.opens}.", "Apply from that day on.", "/program")
    if window.closes and window.closes < today:
        return failed(
            "enrollment_window",
            f"Enrolment closed on {window.closes}.",
            "Choose another program, or wait for the next season.",
            "/program",
        )
    return passed("enrollment_window", "Enrolment is open.")


def offered(facts: EligibilityFacts) -> Finding:
    """The program offers the installation method with the ownership."""
    asked = facts.application
    if asked is None:
        return undecided("offered", "Depends on how the device is installed and whose it is.")
    ways = facts.program.offers
    if any(
        (way.installation_method, way.asset_ownership) == (asked.installation_method, asked.asset_ownership)
        for way in ways
    ):
        return passed("offered", "The program offers this way of installing.")
    listed = "; ".join(f"{way.installation_method} with {way.asset_ownership}" for way in ways)
    return failed(
        "offered",
        f"The program does not offer {asked.installation_method} with {asked.asset_ownership}.",
        f"Choose one of: {listed}.",
        "/installation_method",
        "/asset_ownership",
    )
