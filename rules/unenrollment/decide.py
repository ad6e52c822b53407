"""Whether a request to leave a program can stand, which devices leave and how, and what its reason brings with it.

Like the eligibility rules: every rule is asked, each says its code, its reason and what would fix it
(docs/domain.md#unenroll).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from models.catalog.programs import Program, SubscriptionType
from models.catalog.service_tasks import ServiceLevel, ServiceTaskType, UnenrollmentReason
from models.classifications import AssetOwnership, Channel, RemovalMethod
from models.decision import DecisionOutcome, Verdict
from models.requests.unenrollment import MOVE_OUT_REASON, UnenrollmentApplication
from models.states.subscription import SubscriptionState
from models.values import normalize_serial_number
from rules.alternatives import name_codes
from rules.finding import RuleDecision, RuleFinding, failed, passed, warned

_MOVED_OUT_REASON = UnenrollmentReason(
    code=MOVE_OUT_REASON, description="The customer no longer has the service point", ignores_minimum_term=True
)
_OPEN_STATES = (SubscriptionState.ACTIVE, SubscriptionState.SUSPENDED)


@dataclass(frozen=True, slots=True)
class ParticipatingDevice:
    """A device that takes part."""

    device_id: str
    serial_key: str
    ownership: AssetOwnership


@dataclass(frozen=True, slots=True)
class UnenrollmentFacts:
    """All that the rules may know. `submitted_on` is the day of the request at the premise, in `zone`."""

    instant: datetime
    submitted_on: date
    effective_at: datetime
    zone: tzinfo
    program: Program
    task: ServiceTaskType | None
    subscription_type: SubscriptionType | None
    application: UnenrollmentApplication
    channel: Channel
    state: SubscriptionState
    start_at: datetime
    devices: tuple[ParticipatingDevice, ...]
    moved_out: bool = False
    """The service point is the customer's no more, or the CIS itself asks: nothing holds them."""

    @property
    def reason(self) -> UnenrollmentReason | None:
        """The reason as it is configured."""
        listed = self.task.reasons if self.task else ()
        given = self.application.reason
        found = next((reason for reason in listed if reason.code == given), None)
        return found or (_MOVED_OUT_REASON if given == MOVE_OUT_REASON else None)

    @property
    def service_level(self) -> ServiceLevel:
        """How long fetching a device may take."""
        return self.task.service_level if self.task else ServiceLevel()


@dataclass(frozen=True, slots=True)
class PlannedRemoval:
    """One device that leaves, and how."""

    device_id: str
    method: RemovalMethod


def plan_removals(facts: UnenrollmentFacts) -> tuple[PlannedRemoval, ...]:
    """Who leaves: those named, or all; all too where fewer would stay than the program takes."""
    named = {_find_device(facts, entry.device): entry.removal_method for entry in facts.application.devices}
    staying = [device for device in facts.devices if device not in named]
    if not named or len(staying) < facts.program.devices.minimum:
        leaving = facts.devices
    else:
        leaving = tuple(device for device in facts.devices if device in named)
    return tuple(
        PlannedRemoval(device.device_id, choose_removal_method(facts.program, device, named.get(device)))
        for device in leaving
    )


def ends_subscription(facts: UnenrollmentFacts) -> bool:
    """Whether nobody stays, so that the subscription ends."""
    return len(plan_removals(facts)) == len(facts.devices)


def _find_device(facts: UnenrollmentFacts, name: str) -> ParticipatingDevice | None:
    key = normalize_serial_number(name)
    return next((device for device in facts.devices if name == device.device_id or key == device.serial_key), None)


def choose_removal_method(program: Program, device: ParticipatingDevice, asked: RemovalMethod | None) -> RemovalMethod:
    """As asked; else as the program says, and a customer's own device stays theirs where that cannot be done to it."""
    if asked is not None:
        return asked
    usual = program.removal_method
    return usual if is_removal_possible(usual, program, device.ownership) else RemovalMethod.KEEP


def is_removal_possible(method: RemovalMethod, program: Program, ownership: AssetOwnership) -> bool:
    """Whether a device that is this party's can leave the program by this method."""
    if method is RemovalMethod.KEEP or ownership is AssetOwnership.UTILITY_OWNED:
        return True
    return method is RemovalMethod.UTILITY_REMOVAL and program.visits_customer_owned


def is_approval_configured(facts: UnenrollmentFacts) -> bool:
    """Whether the configuration wants a program manager to approve it."""
    return bool((facts.task and facts.task.approval) or (facts.reason and facts.reason.approval))


def is_approval_required(facts: UnenrollmentFacts) -> bool:
    """Whether it waits for that: nobody can keep one who has moved out."""
    return is_approval_configured(facts) and not facts.moved_out


def stops_control_first(facts: UnenrollmentFacts) -> bool:
    """Whether the DERMS is notified before the hardware is collected."""
    return facts.reason is not None and facts.reason.stops_control_first


def subscription_open(facts: UnenrollmentFacts) -> RuleFinding:
    """There is something to leave."""
    if facts.state in _OPEN_STATES:
        return passed("subscription_open", "subscription_in_force")
    return failed("subscription_open", "subscription_not_in_force", "/subscription", state=facts.state)


def devices_known(facts: UnenrollmentFacts) -> RuleFinding:
    """Every device named takes part."""
    strangers = [
        f"/devices/{position}/device"
        for position, entry in enumerate(facts.application.devices)
        if _find_device(facts, entry.device) is None
    ]
    if strangers:
        return failed(
            "devices_known",
            "devices_not_on_subscription",
            *strangers,
            count=len(strangers),
            devices=name_codes(device.device_id for device in facts.devices),
        )
    return passed("devices_known", "devices_on_subscription")


def devices_once(facts: UnenrollmentFacts) -> RuleFinding:
    """No device is named twice."""
    seen: set[str] = set()
    again: list[str] = []
    for position, entry in enumerate(facts.application.devices):
        found = _find_device(facts, entry.device)
        key = found.device_id if found else normalize_serial_number(entry.device)
        if key in seen:
            again.append(f"/devices/{position}/device")
        seen.add(key)
    if again:
        return failed("devices_once", "device_named_twice", *again)
    return passed("devices_once", "no_device_named_twice")


def enough_devices_stay(facts: UnenrollmentFacts) -> RuleFinding:
    """What stays is enough for the program; if not, all leave."""
    named = {_find_device(facts, entry.device) for entry in facts.application.devices} - {None}
    minimum = facts.program.devices.minimum
    staying = len(facts.devices) - len(named)
    if named and 0 < staying < minimum:
        return warned("enough_devices_stay", "too_few_devices_stay", staying=staying, minimum=minimum)
    return passed("enough_devices_stay", "remaining_devices_suffice")


def removal_possible(facts: UnenrollmentFacts) -> RuleFinding:
    """The way each device shall leave is one that it can leave by."""
    pointers: list[str] = []
    for position, entry in enumerate(facts.application.devices):
        device = _find_device(facts, entry.device)
        method = entry.removal_method
        if device and method and not is_removal_possible(method, facts.program, device.ownership):
            pointers.append(f"/devices/{position}/removal_method")
    if pointers:
        return failed("removal_possible", "removal_not_possible", *pointers)
    return passed("removal_possible", "removals_are_possible")


def reason_given(facts: UnenrollmentFacts) -> RuleFinding:
    """A reason is given where one is asked for, and it is one of those configured."""
    given, listed = facts.application.reason, facts.task.reasons if facts.task else ()
    codes = [reason.code for reason in listed]
    if given is None and facts.task and facts.task.reason_required:
        code = "reason_missing" if codes else "reason_missing_any"
        return failed("reason_given", code, "/reason", reasons=[*codes])
    if given is not None and listed and facts.reason is None:
        return failed("reason_given", "reason_unknown", "/reason", reason=given, reasons=[*codes])
    return passed("reason_given", "reason_in_order")


def reason_channel(facts: UnenrollmentFacts) -> RuleFinding:
    """The reason may be given through this channel."""
    reason = facts.reason
    if facts.moved_out and facts.application.reason == MOVE_OUT_REASON:
        return passed("reason_channel", "cis_gives_the_reason")
    if reason and reason.channels and facts.channel not in reason.channels:
        return failed(
            "reason_channel",
            "reason_not_through_channel",
            "/reason",
            reason=reason.code,
            channel=facts.channel,
            channels=[*reason.channels],
        )
    return passed("reason_channel", "reason_through_channel")


def effective_date(facts: UnenrollmentFacts) -> RuleFinding:
    """It takes effect on the day of the request or later."""
    return check_effective_date(facts.application.effective_date, facts.submitted_on)


def check_effective_date(wanted: date | None, today: date) -> RuleFinding:
    """The day is not over where today, at the premise, is that day."""
    if wanted and wanted < today:
        return failed(
            "effective_date", "effective_date_over", "/effective_date", requested=str(wanted), earliest=str(today)
        )
    return passed("effective_date", "effective_date_not_over")


def minimum_term(facts: UnenrollmentFacts) -> RuleFinding:
    """The time for which the customer joined is over, or the reason is above it."""
    days = facts.subscription_type.minimum_term_days if facts.subscription_type else 0
    first_day = facts.start_at.astimezone(facts.zone).date()
    free_from = datetime.combine(first_day + timedelta(days=days), time.min, facts.zone)
    if days == 0 or free_from <= facts.effective_at:
        return passed("minimum_term", "no_minimum_term")
    if facts.moved_out:
        return passed("minimum_term", "moved_out_of_minimum_term")
    if facts.reason and facts.reason.ignores_minimum_term:
        return passed("minimum_term", "reason_ends_minimum_term")
    last_day = str(free_from.date())
    if facts.subscription_type and facts.subscription_type.minimum_term == "warn":
        return warned("minimum_term", "minimum_term_not_over", days=days, last_day=last_day)
    return failed("minimum_term", "minimum_term_in_the_way", "/effective_date", days=days, last_day=last_day)


RULES: tuple[Callable[[UnenrollmentFacts], RuleFinding], ...] = (
    subscription_open,
    devices_known,
    devices_once,
    enough_devices_stay,
    removal_possible,
    reason_given,
    reason_channel,
    effective_date,
    minimum_term,
)


def decide_unenrollment(facts: UnenrollmentFacts) -> RuleDecision:
    """Rejected if any rule fails."""
    findings = sorted((rule(facts) for rule in RULES), key=lambda finding: finding.rule)
    rejected = any(finding.verdict is Verdict.FAILED for finding in findings)
    outcome = DecisionOutcome.REJECTED if rejected else DecisionOutcome.ACCEPTED
    return RuleDecision(outcome=outcome, decided_at=facts.instant, findings=tuple(findings))
