"""Plays one journey: asks as any other requester would, does what people do, and looks until it is over or patience
ends."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from cli.demo.actions import AWAITING_PARCEL, AWAITING_VISIT, UNENROLLED, get_final_sync_state
from cli.demo.context import JourneyContext, View, make_serial_number
from cli.demo.customers import DemoCustomer
from cli.demo.journeys import Journey
from models.classifications import AssetOwnership, InstallationMethod

_POLL_SECONDS = 0.2
_FINAL = frozenset({"rejected", "cancelled", "expired", "waitlisted", "needs_attention"})
_FINAL_AFTER = frozenset({"unenrolled", "closed", "rejected", "cancelled", "needs_attention"})


def submit_enrollment(scene: JourneyContext, journey: Journey, person: DemoCustomer, terms_version: str) -> str:
    """Sends the application; gives the id of the enrolment."""
    device = {
        "specification": journey.specification,
        "serial_number": make_serial_number(),
        "device_location_type": journey.location,
    }
    brought = journey.installation is InstallationMethod.BRING_YOUR_OWN
    application: dict[str, Any] = {
        "transaction_id": f"demo-{journey.key}-{token_hex(5)}",
        "account": person.account,
        "service_point": person.service_point,
        "program": journey.program,
        "installation_method": journey.installation,
        "asset_ownership": AssetOwnership.CUSTOMER_OWNED if brought else AssetOwnership.UTILITY_OWNED,
        "devices": [device] if brought else [],
        "terms": {
            "version": terms_version,
            "accepted_by": person.name,
            "accepted_at": datetime.now(UTC).isoformat(),
        },
        "answers": dict(journey.answers),
    }
    return scene.api.request("POST", "/v1/program-enrollments", body=application)["id"]


def run_journey(
    scene: JourneyContext, journey: Journey, person: DemoCustomer, terms_version: str, patience: float
) -> Iterator[View]:
    """The enrolment as it is seen again and again while people act; the last view is over, or out of patience.

    `told` is the timeline with what people did put where they did it.
    """
    said: list[tuple[int, View]] = []
    if journey.before is not None:
        journey.before.play(scene, {"program": journey.program})
        said.append((0, _build_entry(journey.before.said)))
    enrollment = submit_enrollment(scene, journey, person, terms_version)
    acts, deadline = list(journey.acts), time.monotonic() + patience
    while True:
        view = scene.api.request("GET", f"/v1/program-enrollments/{enrollment}")
        yield {**view, "told": _merge_timeline(view, said)}
        here = get_end(view)
        if acts and here == acts[0].after:
            act = acts.pop(0)
            said.append((len(view["timeline"]), _build_entry(act.said)))
            wanted = {"specification": journey.specification, "device_location_type": journey.location}
            act.play(scene, {**view, "device_wanted": wanted})
        elif here or time.monotonic() > deadline:
            return
        else:
            time.sleep(_POLL_SECONDS)


def _build_entry(text: str) -> View:
    return {"at": datetime.now(UTC).isoformat(), "what": f"— {text}", "reason": ""}


def _merge_timeline(view: View, said: list[tuple[int, View]]) -> list[View]:
    entries: list[View] = list(view["timeline"])
    for position, entry in reversed(said):
        entries.insert(position, entry)
    return entries


def get_end(view: View) -> str:
    """Where it stays until somebody acts, or how it ended; empty while it goes on by itself."""
    if any(order["state"] == "dispatched" for order in view["work_orders"]):
        return AWAITING_VISIT
    if any(shipment["state"] == "ordered" for shipment in view["shipments"]):
        return AWAITING_PARCEL
    if view["state"] in _FINAL:
        return view["state"]
    followed = [*view["service_calls"], *view["unenrollments"]]
    if not followed:
        return get_final_sync_state(view) if view["state"] == "enrolled" else ""
    last = max(followed, key=lambda one: one["submitted_at"])["state"]
    if last not in _FINAL_AFTER:
        return ""
    last_told = get_final_sync_state(view)
    return last if last != UNENROLLED or last_told == "synchronized" else last_told
