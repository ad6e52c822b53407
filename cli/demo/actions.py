"""The actions of people in a journey: technicians, agents and operators, each through the public API."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any, Protocol

from cli.demo.context import JourneyContext, View, make_serial_number

SYNCHRONIZED = "synchronized"
UNENROLLED = "unenrolled"
CLOSED = "closed"
AWAITING_VISIT = "awaiting a visit"
AWAITING_PARCEL = "awaiting a parcel"
SYNC_ERROR = "error"

_FINAL_SYNC = frozenset({"synchronized", "error", "cancelled", "discarded"})
_TECHNICIAN = "Crew 7"


class Action(Protocol):
    """Something that a person does as soon as the journey has reached the precondition."""

    @property
    def description(self) -> str:
        """What the person does, in words."""
        ...

    @property
    def precondition(self) -> str:
        """The state of the journey that the action waits for; empty for an action before the journey begins."""
        ...

    def perform(self, context: JourneyContext, view: View) -> None:
        """Perform the action."""
        ...


def get_final_sync_state(view: View) -> str:
    """Returns the state of the last sync request, or an empty text while it is not final."""
    last = view["sync_requests"][-1]["state"] if view["sync_requests"] else ""
    return last if last in _FINAL_SYNC else ""


@dataclass(frozen=True)
class InstallDevice:
    """A technician brings and installs the device."""

    description: str = "A technician schedules an appointment, comes and installs the device"
    precondition: str = AWAITING_VISIT

    def perform(self, context: JourneyContext, view: View) -> None:
        """Schedule the appointment, arrive and report."""
        device_to_install = view["device_to_install"]
        device = {**device_to_install, "serial_number": make_serial_number()}
        _perform_visit(context, view, "completed_as_ordered", device_installed=device)


@dataclass(frozen=True)
class RemoveDevice:
    """A technician takes the device away."""

    description: str = "A technician schedules an appointment, comes and takes the device away"
    precondition: str = AWAITING_VISIT

    def perform(self, context: JourneyContext, view: View) -> None:
        """Schedule the appointment, arrive and report."""
        _perform_visit(
            context,
            view,
            "completed_as_ordered",
            device_removed={"serial_number": _get_active_device(view)["serial_number"]},
        )


@dataclass(frozen=True)
class ReplaceDevice:
    """A technician finds a broken device and installs another."""

    specification: str
    description: str = "A technician schedules an appointment, comes, finds the device broken and replaces it"
    precondition: str = AWAITING_VISIT

    def perform(self, context: JourneyContext, view: View) -> None:
        """Schedule the appointment, arrive and report."""
        _perform_visit(
            context,
            view,
            "device_replaced",
            device_installed={"specification": self.specification, "serial_number": make_serial_number()},
            device_removed={"serial_number": _get_active_device(view)["serial_number"], "condition": "burnt"},
        )


@dataclass(frozen=True)
class DeliverAndConfirmParcel:
    """The warehouse ships a device to the customer, who installs it."""

    description: str = "The warehouse ships the device; the customer installs it and confirms"
    precondition: str = AWAITING_PARCEL

    def perform(self, context: JourneyContext, view: View) -> None:
        """Ship, deliver and confirm."""
        path = f"/v1/shipments/{view['shipments'][-1]['id']}"
        parcel = {"carrier": "Parcel Post", "tracking_reference": f"PP-{token_hex(4).upper()}"}
        context.api.request("POST", f"{path}/shipped", body=parcel)
        context.api.request("POST", f"{path}/delivered")
        device = {**view["device_to_install"], "serial_number": make_serial_number(), "confirmed_by": "the customer"}
        context.api.request("POST", f"{path}/confirmed", body=device)


@dataclass(frozen=True)
class OpenServiceCall:
    """The customer calls about a device; an agent opens a service call with a visit."""

    problem: str
    description: str = "The customer calls; an agent opens a service call and orders a visit"
    precondition: str = SYNCHRONIZED

    def perform(self, context: JourneyContext, view: View) -> None:
        """Open the service call."""
        call = {
            "transaction_id": f"demo-call-{token_hex(5)}",
            "subscription": view["subscription"]["id"],
            "device": _get_active_device(view)["id"],
            "problem": {"code": self.problem},
            "steps_tried": ["Checked the breaker"],
            "action": "work_request",
        }
        context.add_workflow_link("Service call", context.api.request("POST", "/v1/service-calls", body=call))


@dataclass(frozen=True)
class RequestUnenrollment:
    """The customer asks to be unenrolled."""

    removal: str
    description: str = "The customer asks to leave the program"
    precondition: str = SYNCHRONIZED

    def perform(self, context: JourneyContext, view: View) -> None:
        """Submit the request."""
        request = {
            "transaction_id": f"demo-leave-{token_hex(5)}",
            "subscription": view["subscription"]["id"],
            "reason": "customer_opt_out",
            "devices": [{"device": _get_active_device(view)["id"], "removal_method": self.removal}],
        }
        context.add_workflow_link(
            "Unenrollment", context.api.request("POST", "/v1/program-unenrollments", body=request)
        )


@dataclass(frozen=True)
class HideProgramFromDerms:
    """Somebody has forgotten to add the program to the DERMS."""

    description: str = "The DERMS does not know the program"
    precondition: str = ""

    def perform(self, context: JourneyContext, view: View) -> None:
        """Make the simulator know every program but this one, until the repair or the end of the journey."""
        before = context.request_derms("GET", "/reference")
        known: Any = before["programs"]
        if known == "*":
            known = [program["code"] for program in context.api.request("GET", "/v1/programs")["items"]]
        context.undo.append(lambda: context.request_derms("PUT", "/reference", before))
        context.request_derms(
            "PUT", "/reference", {**before, "programs": [one for one in known if one != view["program"]]}
        )


@dataclass(frozen=True)
class RestoreDermsAndRetry:
    """An operator removes the cause and retries the sync request."""

    description: str = "An operator adds the program to the DERMS and retries"
    precondition: str = SYNC_ERROR

    def perform(self, context: JourneyContext, view: View) -> None:
        """Undo the change in the DERMS, and retry."""
        context.undo_changes()
        context.api.request("POST", f"/v1/sync-requests/{view['sync_requests'][-1]['id']}/retry")


def _get_active_device(view: View) -> View:
    """Returns the device that takes part in the program."""
    return next(one for one in view["subscription"]["devices"] if one["registration"] not in ("removed", "kept"))


def _perform_visit(context: JourneyContext, view: View, outcome: str, **devices: Any) -> None:
    path = f"/v1/work-orders/{view['work_orders'][-1]['id']}"
    now = datetime.now(UTC)
    window = {"start": now.isoformat(), "end": (now + timedelta(hours=2)).isoformat(), "technician": _TECHNICIAN}
    context.api.request("POST", f"{path}/appointment", body=window)
    context.api.request("POST", f"{path}/progress", body={"step": "on_site"})
    report = {
        "completion_id": f"demo-visit-{token_hex(5)}",
        "outcome": outcome,
        "technician": _TECHNICIAN,
        "finished_at": datetime.now(UTC).isoformat(),
        **devices,
    }
    context.api.request("POST", f"{path}/completion", body=report)
