"""The actions of the unenrollment and service call scenarios on a running stack."""

from typing import Any

from models.states.head_end import HeadEndOutcome
from models.states.sync_request import SyncState
from models.states.unenrollment import UnenrollmentState
from models.states.work_order import CompletionOutcome
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.integration.shared_scenarios.real_enrollments import (
    APPOINTMENT,
    RealRun,
    RealSiteVisits,
    answer_newest_request,
)

NEXT_YEARS = "2031-07-01"


def add_service_task(stack: RunningStack, like: str, **level: int) -> str:
    """Add a service task type with another service level; return its code."""
    catalog, code = stack.get_catalog(), stack.unique_name("task")
    task = next(one for one in catalog["service_task_types"] if one["code"] == like)
    changed = {**task, "code": code, "service_level": {**task["service_level"], **level}}
    catalog["service_task_types"].append(changed)
    stack.api.put("/v1/catalog", json=catalog).raise_for_status()
    return code


class RealUnenrollment(RealRun):
    """An unenrollment of a running stack. Its devices are dev_0, dev_1 and so on."""

    @property
    def record(self) -> "RealUnenrollment":
        """The record, whose state scenarios wait for."""
        return self

    @property
    def state(self) -> UnenrollmentState:
        """The record's state."""
        return UnenrollmentState(self.view()["state"])

    @property
    def synchronized(self) -> list[str]:
        """The sync requests that the DERMS has acknowledged."""
        return [one["id"] for one in self.view()["sync_requests"] if one["state"] == SyncState.SYNCHRONIZED]

    def _device(self, device: str) -> dict[str, Any]:
        return self.view()["devices"][int(device.removeprefix("dev_"))]

    async def wait_for_removal(self) -> None:
        await self.wait_until(lambda: self.state is UnenrollmentState.REMOVING)

    async def report(self, device: str, outcome: str) -> None:
        body = self.installations.build_completion(outcome)
        body.pop("device_installed", None)
        order = self._device(device)["work_order"]
        self.installations.post(order, "completion", **body).raise_for_status()

    async def cancel_order(self, device: str) -> None:
        order = self._device(device)["work_order"]
        self.installations.post(order, "cancel", reason="The crew is ill.").raise_for_status()

    async def schedule_visit(self, device: str) -> None:
        self.installations.post(self._device(device)["work_order"], "appointment", **APPOINTMENT).raise_for_status()

    async def report_received(self, device: str) -> None:
        self.act(f"devices/{self._device(device)['id']}/received")

    async def report_kept(self, device: str) -> None:
        self.act(f"devices/{self._device(device)['id']}/kept", reason="Let them have it.")

    async def approve(self) -> None:
        self.act("approval", approved=True, reason="They never took part.")

    async def retry(self) -> None:
        self.act("retry")


def begin_unenrollment(
    stack: RunningStack, handles: Any, *, methods: str, decision: str = "", seconds: float = 0, first: bool = False
) -> RealUnenrollment:
    """Submit an unenrollment of devices with these removal methods."""
    unenrollments = UnenrollmentClient(stack)
    method, *others = methods.split()
    if method == "keep":
        program = stack.unique_name("KEEP")
        stack.add_program(program)
        enrollment = unenrollments.enroll(program, 1 + len(others))
    else:
        task = add_service_task(stack, "unenroll", attempts=2)
        program = unenrollments.add_lending_program(removal_method=method, unenroll_task=task)
        enrollment = unenrollments.enroll_lent(program, 1 + len(others))
    stack.set_derms_faults(acknowledge="at_once")
    wish = {"reason": "customer_opt_out" if first else "device_removed"}
    wish |= {"reason": "non_participation"} if decision else {}
    wish |= {"effective_date": NEXT_YEARS} if seconds else {}
    unenrollment = unenrollments.submit_accepted(enrollment, **wish)
    return RealUnenrollment(stack, handles(f"unenroll/{unenrollment}"), f"/v1/program-unenrollments/{unenrollment}")


class RealServiceCall(RealSiteVisits):
    """A service call of a running stack."""

    enrollment: str
    specification: str

    def build_report(self, outcome: CompletionOutcome) -> dict[str, Any]:
        """Return what a technician reports."""
        report = self.installations.build_completion("no_access")
        if outcome is CompletionOutcome.DEVICE_REPLACED:
            report |= ServiceCallClient(self.stack).build_replacement(self.enrollment, self.specification)
        return {**report, "outcome": outcome}

    async def choose_action(self, action: str) -> None:
        self.act("action", action=action)

    async def answer_head_end_request(self, outcome: HeadEndOutcome) -> None:
        (device,) = self.stack.get_enrollment(self.enrollment)["subscription"]["devices"]
        answer_newest_request(self.stack, device["serial_number"], outcome)

    async def retry_service_call(self) -> None:
        self.act("retry")


def begin_service_call(
    stack: RunningStack,
    handles: Any,
    *,
    action: str = "work_request",
    first: bool = False,
    answers: list[HeadEndOutcome] | None = None,
    attempts: int = 3,
) -> RealServiceCall:
    """Open a service call with this action, or none yet."""
    service_calls = ServiceCallClient(stack)
    if first:
        enrollment, specification = service_calls.enroll_charger(), "chargepoint-home-flex"
    else:
        program, specification = stack.unique_name("CALL"), "franklinwh-apower-2"
        task = add_service_task(stack, "service-call", attempts=attempts)
        stack.add_program(program, like="BATT-VPP", service_call_task=task)
        enrollment = service_calls.enroll_battery(program=program)
    stack.set_derms_faults(acknowledge="at_once")
    stack.head_end.put("/faults", json={"answer": "at_once" if answers else "never"}).raise_for_status()
    wish: dict[str, Any] = {"action": action} if action else {}
    if action == "work_request":
        wish["work_request"] = {"access_notes": "Ring twice."}
    call = service_calls.submit_accepted(enrollment, **wish)
    run = RealServiceCall(stack, handles(f"service-call/{call}"), f"/v1/service-calls/{call}")
    run.enrollment, run.specification = enrollment, specification
    return run
