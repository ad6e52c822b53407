"""The views of a program, and of which programs a service point is eligible for."""

from datetime import date
from typing import Any

from models.decision import DecisionOutcome, Finding
from models.values import Instant
from models.views.view import View


class ProgramView(View):
    """A program as one chooses among them."""

    code: str
    name: str
    description: str
    program_type: str
    active: bool
    opens: date | None
    closes: date | None
    asset_types: tuple[str, ...]
    offers: tuple[dict[str, str], ...]
    devices_minimum: int
    devices_maximum: int
    terms_version: str
    terms_url: str
    questions: tuple[dict[str, Any], ...]
    incentive: str | None
    capacity: dict[str, Any]


class ProgramEligibility(View):
    """Whether one could apply for a program at a service point, and why not."""

    program: str
    name: str
    eligible: bool
    outcome: DecisionOutcome
    findings: tuple[Finding, ...]


class EligiblePrograms(View):
    """The answer for one service point at an instant."""

    service_point: str
    as_of: Instant
    programs: tuple[ProgramEligibility, ...]
