"""What people do in a journey: technicians, agents and operators, each through the public API."""

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
    """One thing that is done, as soon as the journey has come to `after`."""

    @property
    def said(self) -> str:
        """What is done, in words."""
        ...

    @property
    def after(self) -> str:
        """Where the journey stands then; empty: before it began."""
        ...

    def play(self, scene: JourneyContext, view: View) -> None:
        """Does it."""
        ...


def get_final_sync_state(view: View) -> str:
    """How the last message to the DERMS ended; empty while it is on its way."""
    last = view["sync_requests"][-1]["state"] if view["sync_requests"] else ""
    return last if last in _FINAL_SYNC else ""


@dataclass(frozen=True)
class InstallDevice:
    """A technician comes with the device."""

    said: str = "The technician makes an appointment, comes and installs the device"
    after: str = AWAITING_VISIT

    def play(self, scene: JourneyContext, view: View) -> None:
        """Appointment, arrival, report."""
        wanted = view["device_wanted"]
        device = {**wanted, "serial_number": make_serial_number()}
        _perform_visit(scene, view, "completed_as_ordered", device_installed=device)


@dataclass(frozen=True)
class RemoveDevice:
    """A technician comes for the device."""

    said: str = "The technician makes an appointment, comes and takes the device away"
    after: str = AWAITING_VISIT

    def play(self, scene: JourneyContext, view: View) -> None:
        """Appointment, arrival, report."""
        _perform_visit(
            scene,
            view,
            "completed_as_ordered",
            device_removed={"serial_number": _get_active_device(view)["serial_number"]},
        )


@dataclass(frozen=True)
class ReplaceDevice:
    """A technician finds a broken device and leaves another."""

    specification: str
    said: str = "The technician makes an appointment, comes, finds the device broken and replaces it"
    after: str = AWAITING_VISIT

    def play(self, scene: JourneyContext, view: View) -> None:
        """Appointment, arrival, report."""
        _perform_visit(
            scene,
            view,
            "device_replaced",
            device_installed={"specification": self.specification, "serial_number": make_serial_number()},
            device_removed={"serial_number": _get_active_device(view)["serial_number"], "condition": "burnt"},
        )


@dataclass(frozen=True)
class DeliverAndConfirmParcel:
    """A device is sent to the customer, who installs it."""

    said: str = "The warehouse sends the device; the customer installs it and confirms"
    after: str = AWAITING_PARCEL

    def play(self, scene: JourneyContext, view: View) -> None:
        """Sent, delivered, confirmed."""
        door = f"/v1/shipments/{view['shipments'][-1]['id']}"
        parcel = {"carrier": "Parcel Post", "tracking_reference": f"PP-{token_hex(4).upper()}"}
        scene.api.request("POST", f"{door}/shipped", body=parcel)
        scene.api.request("POST", f"{door}/delivered")
        device = {**view["device_wanted"], "serial_number": make_serial_number(), "confirmed_by": "the customer"}
        scene.api.request("POST", f"{door}/confirmed", body=device)


@dataclass(frozen=True)
class OpenServiceCall:
    """The customer calls because of a device; an agent opens a service call with a visit."""

    problem: str
    said: str = "The customer calls; an agent opens a service call and orders a visit"
    after: str = SYNCHRONIZED

    def play(self, scene: JourneyContext, view: View) -> None:
        """Opens the call."""
        call = {
            "transaction_id": f"demo-call-{token_hex(5)}",
            "subscription": view["subscription"]["id"],
            "device": _get_active_device(view)["id"],
            "problem": {"code": self.problem},
            "steps_tried": ["Breaker checked"],
            "action": "work_request",
        }
        scene.add_workflow_link("Service call", scene.api.request("POST", "/v1/service-calls", body=call))


@dataclass(frozen=True)
class RequestUnenrollment:
    """The customer asks to leave."""

    removal: str
    said: str = "The customer asks to leave the program"
    after: str = SYNCHRONIZED

    def play(self, scene: JourneyContext, view: View) -> None:
        """Sends the request."""
        request = {
            "transaction_id": f"demo-leave-{token_hex(5)}",
            "subscription": view["subscription"]["id"],
            "reason": "customer_opt_out",
            "devices": [{"device": _get_active_device(view)["id"], "removal_method": self.removal}],
        }
        scene.add_workflow_link("Unenrolment", scene.api.request("POST", "/v1/program-unenrollments", body=request))


@dataclass(frozen=True)
class HideProgramFromDerms:
    """Somebody has forgotten to tell the DERMS of the program."""

    said: str = "The DERMS has not been told that the program exists"
    after: str = ""

    def play(self, scene: JourneyContext, view: View) -> None:
        """Has the simulator know every program but this one, until it is repaired or the journey ends."""
        before = scene.request_derms("GET", "/reference")
        known: Any = before["programs"]
        if known == "*":
            known = [program["code"] for program in scene.api.request("GET", "/v1/programs")["items"]]
        scene.undo.append(lambda: scene.request_derms("PUT", "/reference", before))
        scene.request_derms(
            "PUT", "/reference", {**before, "programs": [one for one in known if one != view["program"]]}
        )


@dataclass(frozen=True)
class RestoreDermsAndRetry:
    """An operator removes the cause and has the DERMS told again."""

    said: str = "An operator tells the DERMS of the program and retries"
    after: str = SYNC_ERROR

    def play(self, scene: JourneyContext, view: View) -> None:
        """Undoes what was done to the DERMS, and retries."""
        scene.undo_changes()
        scene.api.request("POST", f"/v1/sync-requests/{view['sync_requests'][-1]['id']}/retry")


def _get_active_device(view: View) -> View:
    """The one that takes part."""
    return next(one for one in view["subscription"]["devices"] if one["registration"] not in ("removed", "kept"))


def _perform_visit(scene: JourneyContext, view: View, outcome: str, **devices: Any) -> None:
    door = f"/v1/work-orders/{view['work_orders'][-1]['id']}"
    now = datetime.now(UTC)
    window = {"start": now.isoformat(), "end": (now + timedelta(hours=2)).isoformat(), "technician": _TECHNICIAN}
    scene.api.request("POST", f"{door}/appointment", body=window)
    scene.api.request("POST", f"{door}/progress", body={"step": "on_site"})
    report = {
        "completion_id": f"demo-visit-{token_hex(5)}",
        "outcome": outcome,
        "technician": _TECHNICIAN,
        "finished_at": datetime.now(UTC).isoformat(),
        **devices,
    }
    scene.api.request("POST", f"{door}/completion", body=report)
