"""The enrollment scenarios' actions on a running stack: the same names as on stand-ins, through the API."""

from collections.abc import Sequence
from typing import Any

from temporalio.client import WorkflowHandle

from models.catalog.service_tasks import SetupStep
from models.states.head_end import HeadEndOutcome
from models.states.shipment import ShipmentState
from models.states.work_order import CompletionOutcome
from rules.synchronization.snapshots import message_key
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.workflow.stand_ins.enrollment_run import WAITING
from tests.workflow.stand_ins.workflow_run import WorkflowRun

SHIPPED = {"installation_method": "self_installation", "asset_ownership": "utility_owned"}
CHECKED = {"installation_method": "bring_your_own", "asset_ownership": "utility_owned"}
UNKNOWN_FEEDERS = {"head_ends": "*", "programs": "*", "feeders": ["NOWHERE-1"]}
APPOINTMENT = {
    "start": "2031-06-02T09:00:00-05:00",
    "end": "2031-06-02T12:00:00-05:00",
    "technician": "Crew 7",
}


def answer_newest_request(stack: RunningStack, serial_number: str, outcome: HeadEndOutcome) -> None:
    """Have the head-end answer the newest request about a device by callback."""
    requests = stack.head_end.get("/requests").raise_for_status().json()["items"]
    newest = next(one for one in requests if one["serial_number"] == serial_number)
    stack.head_end.post(f"/requests/{newest['request_id']}/answer", json={"outcome": outcome}).raise_for_status()


class RealRun(WorkflowRun):
    """A workflow of a running stack. `path` leads to its record in the API."""

    def __init__(self, stack: RunningStack, handle: WorkflowHandle[Any, Any], path: str) -> None:
        self.stack, self.handle, self.path = stack, handle, path
        self.installations = InstallationClient(stack)

    def view(self) -> dict[str, Any]:
        """Return what the API shows of the record."""
        return self.stack.api.get(self.path).raise_for_status().json()

    def act(self, action: str, /, **body: Any) -> None:
        """Do an action of the record."""
        self.stack.api.post(f"{self.path}/{action}", json=body or None).raise_for_status()

    async def cancel(self) -> None:
        self.act("cancel", reason="It is not wanted any more.")


class RealSiteVisits(RealRun):
    """A workflow that waits for technicians."""

    def get_order(self) -> str:
        """Return the newest order's id."""
        return self.view()["work_orders"][-1]["id"]

    def build_report(self, outcome: CompletionOutcome) -> dict[str, Any]:
        """Return what a technician reports."""
        return self.installations.build_completion(outcome)

    async def wait_for_visit(self) -> None:
        await self.wait_for_details("Waiting for a technician's report")

    async def report(self, outcome: CompletionOutcome) -> None:
        self.installations.post(self.get_order(), "completion", **self.build_report(outcome)).raise_for_status()

    async def schedule_visit(self) -> None:
        self.installations.post(self.get_order(), "appointment", **APPOINTMENT).raise_for_status()

    async def cancel_order(self) -> None:
        self.installations.post(self.get_order(), "cancel", reason="The crew is ill.").raise_for_status()


class RealEnrollment(RealSiteVisits):
    """An enrollment of a running stack."""

    async def retry_enrollment(self) -> None:
        self.act("retry")

    async def wait_for_acknowledgement_wait(self) -> None:
        await self.wait_for_details(WAITING)

    async def acknowledge(self) -> None:
        key = message_key(self.view()["sync_requests"][-1]["id"], 1)
        path = f"/sync-messages/{key}/acknowledge"
        self.stack.derms.post(path, json=None).raise_for_status()

    async def correct_data(self) -> None:
        self.stack.derms.put("/reference", json={}).raise_for_status()

    async def retry_sync_request(self) -> None:
        self.stack.api.post(f"{self._sync_request()}/retry").raise_for_status()

    async def cancel_sync_request(self) -> None:
        self.stack.api.post(f"{self._sync_request()}/cancel", json={"reason": "Not any more."}).raise_for_status()

    def _sync_request(self) -> str:
        return f"/v1/sync-requests/{self.view()['sync_requests'][-1]['id']}"


class RealDeviceSetup(RealEnrollment):
    """An enrollment whose device is shipped or checked."""

    device: dict[str, Any]

    async def advance_shipment(self, *path: ShipmentState) -> None:
        shipments = self.stack.api.get("/v1/shipments", params={"enrollment": self.path.rsplit("/")[-1]})
        shipment = shipments.raise_for_status().json()["items"][0]["id"]
        confirmed = {"confirmed_by": "customer", **self.device}
        bodies: dict[str, dict[str, Any]] = {"returned": {"reason": "address unknown"}, "confirmed": confirmed}
        for state in path:
            body = bodies.get(state, {})
            self.stack.api.post(f"/v1/shipments/{shipment}/{state}", json=body).raise_for_status()

    async def answer_head_end_request(self, outcome: HeadEndOutcome) -> None:
        answer_newest_request(self.stack, self.device["serial_number"], outcome)

    async def retry_enrollment(self) -> None:
        self.stack.head_end.put(f"/devices/{self.device['serial_number']}", json={"state": "online"}).raise_for_status()
        await super().retry_enrollment()


def begin_enrollment(
    stack: RunningStack, handles: Any, *, decisions: Sequence[str] = (), moods: str = "", result: str = "", **_: Any
) -> RealEnrollment:
    """Submit an enrollment about which the program and the DERMS decide as on stand-ins."""
    stack.set_derms_faults(acknowledge="at_once" if moods == "answers" else "never")
    if result == "negative":
        stack.derms.put("/reference", json=UNKNOWN_FEEDERS).raise_for_status()
    application = stack.build_application()
    if list(decisions) == ["rejected"]:
        application = stack.build_application(stack.customers.take(meter_type="manual"))
    elif list(decisions) == ["waitlisted"]:
        full = stack.unique_name("FULL")
        stack.add_program(full, capacity={"customers": 1, "waitlist": True})
        stack.wait_for_enrollment(stack.submit_accepted(stack.build_application(program=full)), "enrolled")
        application["program"] = full
    enrollment = stack.submit_accepted(application)
    return RealEnrollment(stack, handles(f"enroll/{enrollment}"), f"/v1/program-enrollments/{enrollment}")


def begin_installation(stack: RunningStack, handles: Any, *, attempts: int = 3) -> RealEnrollment:
    """Submit an enrollment whose device a technician installs."""
    stack.set_derms_faults(acknowledge="at_once")
    installations = InstallationClient(stack)
    program = installations.add_program(attempts=attempts)
    enrollment = stack.submit_accepted(installations.build_application(program=program))
    return RealEnrollment(stack, handles(f"enroll/{enrollment}"), f"/v1/program-enrollments/{enrollment}")


def begin_device_setup(
    stack: RunningStack,
    handles: Any,
    *,
    steps: tuple[SetupStep, ...],
    answers: Sequence[HeadEndOutcome] = (),
) -> RealDeviceSetup:
    """Submit an enrollment whose device is shipped or checked."""
    stack.set_derms_faults(acknowledge="at_once")
    installations = InstallationClient(stack)
    way = SHIPPED if SetupStep.SHIP_DEVICE in steps else CHECKED
    program = installations.add_program(also=[{**way, "steps": [*steps]}], offers=[way])
    device = installations.build_completion()["device_installed"]
    stack.head_end.put("/faults", json={"answer": "at_once" if answers else "never"}).raise_for_status()
    state = "offline" if HeadEndOutcome.OFFLINE in answers[:1] else "online"
    stack.head_end.put(f"/devices/{device['serial_number']}", json={"state": state}).raise_for_status()
    devices = [] if way is SHIPPED else [device]
    enrollment = stack.submit_accepted(installations.build_application(program=program, **way, devices=devices))
    run = RealDeviceSetup(stack, handles(f"enroll/{enrollment}"), f"/v1/program-enrollments/{enrollment}")
    run.device = device
    return run
