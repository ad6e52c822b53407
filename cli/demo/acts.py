"""What people do in a journey: technicians, agents and operators, each through the public API."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any, Protocol

from cli.demo.scene import Scene, View, serial_number

SYNCHRONIZED = "synchronized"
UNENROLLED = "unenrolled"
CLOSED = "closed"
VISIT = "awaiting a visit"
PARCEL = "awaiting a parcel"
REFUSED = "error"

_FINAL_SYNC = frozenset({"synchronized", "error", "cancelled", "discarded"})
_TECHNICIAN = "Crew 7"


class Act(Protocol):
    """One thing that is done, as soon as the journey has come to `after`."""

    @property
    def said(self) -> str:
        """What is done, in words."""
        ...

    @property
    def after(self) -> str:
        """Where the journey stands then; empty: before it began."""
        ...

    def play(self, scene: Scene, view: View) -> None:
        """Does it."""
        ...


def told(view: View) -> str:
    """How the last message to the DERMS ended; empty while it is on its way."""
    last = view["sync_requests"][-1]["state"] if view["sync_requests"] else ""
    return last if last in _FINAL_SYNC else ""


@dataclass(frozen=True)
class ComeToInstall:
    """A technician comes with the device."""

    said: str = "The technician makes an appointment, comes and installs the device"
    after: str = VISIT

    def play(self, scene: Scene, view: View) -> None:
        """Appointment, arrival, report."""
        wanted = view["device_wanted"]
        device = {**wanted, "serial_number": serial_number()}
        _visit(scene, view, "completed_as_ordered", device_installed=device)


@dataclass(frozen=True)
class ComeToFetch:
    """A technician comes for the device."""

    said: str = "The technician makes an appointment, comes and takes the device away"
    after: str = VISIT

    def play(self, scene: Scene, view: View) -> None:
        """Appointment, arrival, report."""
        _visit(scene, view, "completed_as_ordered", device_removed={"serial_number": _device(view)["serial_number"]})


@dataclass(frozen=True)
class ComeToReplace:
    """A technician finds a broken device and leaves another."""

    specification: str
    said: str = "The technician makes an appointment, comes, finds the device broken and replaces it"
    after: str = VISIT

    def play(self, scene: Scene, view: View) -> None:
        """Appointment, arrival, report."""
        _visit(
            scene,
            view,
            "device_replaced",
            device_installed={"specification": self.specification, "serial_number": serial_number()},
            device_removed={"serial_number": _device(view)["serial_number"], "condition": "burnt"},
        )


@dataclass(frozen=True)
class ReceiveParcel:
    """A device is sent to the customer, who installs it."""

    said: str = "The warehouse sends the device; the customer installs it and confirms"
    after: str = PARCEL

    def play(self, scene: Scene, view: View) -> None:
        """Sent, delivered, confirmed."""
        door = f"/v1/shipments/{view['shipments'][-1]['id']}"
        parcel = {"carrier": "Parcel Post", "tracking_reference": f"PP-{token_hex(4).upper()}"}
        scene.api.ask("POST", f"{door}/shipped", body=parcel)
        scene.api.ask("POST", f"{door}/delivered")
        device = {**view["device_wanted"], "serial_number": serial_number(), "confirmed_by": "the customer"}
        scene.api.ask("POST", f"{door}/confirmed", body=device)


@dataclass(frozen=True)
class Call:
    """The customer calls because of a device; an agent opens a service call with a visit."""

    problem: str
    said: str = "The customer calls; an agent opens a service call and orders a visit"
    after: str = SYNCHRONIZED

    def play(self, scene: Scene, view: View) -> None:
        """Opens the call."""
        call = {
            "transaction_id": f"demo-call-{token_hex(5)}",
            "subscription": view["subscription"]["id"],
            "device": _device(view)["id"],
            "problem": {"code": self.problem},
            "steps_tried": ["Breaker checked"],
            "action": "work_request",
        }
        scene.started("Service call", scene.api.ask("POST", "/v1/service-calls", body=call))


@dataclass(frozen=True)
class Leave:
    """The customer asks to leave."""

    removal: str
    said: str = "The customer asks to leave the program"
    after: str = SYNCHRONIZED

    def play(self, scene: Scene, view: View) -> None:
        """Sends the request."""
        request = {
            "transaction_id": f"demo-leave-{token_hex(5)}",
            "subscription": view["subscription"]["id"],
            "reason": "customer_opt_out",
            "devices": [{"device": _device(view)["id"], "removal_method": self.removal}],
        }
        scene.started("Unenrolment", scene.api.ask("POST", "/v1/program-unenrollments", body=request))


@dataclass(frozen=True)
class Refuse:
    """Somebody has forgotten to tell the DERMS of the program."""

    said: str = "The DERMS has not been told that the program exists"
    after: str = ""

    def play(self, scene: Scene, view: View) -> None:
        """Has the simulator know every program but this one, until it is repaired or the journey ends."""
        before = scene.derms("GET", "/reference")
        known: Any = before["programs"]
        if known == "*":
            known = [program["code"] for program in scene.api.ask("GET", "/v1/programs")["items"]]
        scene.undo.append(lambda: scene.derms("PUT", "/reference", before))
        scene.derms("PUT", "/reference", {**before, "programs": [one for one in known if one != view["program"]]})


@dataclass(frozen=True)
class Repair:
    """An operator removes the cause and has the DERMS told again."""

    said: str = "An operator tells the DERMS of the program and retries"
    after: str = REFUSED

    def play(self, scene: Scene, view: View) -> None:
        """Undoes what was done to the DERMS, and retries."""
        scene.finish()
        scene.api.ask("POST", f"/v1/sync-requests/{view['sync_requests'][-1]['id']}/retry")


def _device(view: View) -> View:
    """The one that takes part."""
    return next(one for one in view["subscription"]["devices"] if one["registration"] not in ("removed", "kept"))


def _visit(scene: Scene, view: View, outcome: str, **devices: Any) -> None:
    door = f"/v1/work-orders/{view['work_orders'][-1]['id']}"
    now = datetime.now(UTC)
    window = {"start": now.isoformat(), "end": (now + timedelta(hours=2)).isoformat(), "technician": _TECHNICIAN}
    scene.api.ask("POST", f"{door}/appointment", body=window)
    scene.api.ask("POST", f"{door}/progress", body={"step": "on_site"})
    report = {
        "completion_id": f"demo-visit-{token_hex(5)}",
        "outcome": outcome,
        "technician": _TECHNICIAN,
        "finished_at": datetime.now(UTC).isoformat(),
        **devices,
    }
    scene.api.ask("POST", f"{door}/completion", body=report)
