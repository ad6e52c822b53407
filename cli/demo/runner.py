"""The runner of a journey: it enrolls the customer, performs the actions, and polls until the end or a time-out."""

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
_FINAL_OF_ENROLLMENT = frozenset({"rejected", "cancelled", "expired", "waitlisted", "needs_attention"})
_FINAL_OF_FOLLOWING_REQUEST = frozenset({"unenrolled", "closed", "rejected", "cancelled", "needs_attention"})


def submit_enrollment(context: JourneyContext, journey: Journey, customer: DemoCustomer, terms_version: str) -> str:
    """Submit the customer's request, and return the id of the enrollment."""
    device = {
        "specification": journey.specification,
        "serial_number": make_serial_number(),
        "device_location_type": journey.location,
    }
    brings_device = journey.installation is InstallationMethod.BRING_YOUR_OWN
    application: dict[str, Any] = {
        "transaction_id": f"demo-{journey.key}-{token_hex(5)}",
        "account": customer.account,
        "service_point": customer.service_point,
        "program": journey.program,
        "installation_method": journey.installation,
        "asset_ownership": AssetOwnership.CUSTOMER_OWNED if brings_device else AssetOwnership.UTILITY_OWNED,
        "devices": [device] if brings_device else [],
        "terms": {
            "version": terms_version,
            "accepted_by": customer.name,
            "accepted_at": datetime.now(UTC).isoformat(),
        },
        "answers": dict(journey.answers),
    }
    return context.api.request("POST", "/v1/program-enrollments", body=application)["id"]


def run_journey(
    context: JourneyContext, journey: Journey, customer: DemoCustomer, terms_version: str, patience: float
) -> Iterator[View]:
    """Yields the enrollment again and again while people act. The last view is final, or patience has run out.

    `entries` is the timeline with the actions of people at the places where they took them.
    """
    descriptions: list[tuple[int, View]] = []
    if journey.before is not None:
        journey.before.perform(context, {"program": journey.program})
        descriptions.append((0, _build_entry(journey.before.description)))
    enrollment = submit_enrollment(context, journey, customer, terms_version)
    actions, deadline = list(journey.actions), time.monotonic() + patience
    while True:
        view = context.api.request("GET", f"/v1/program-enrollments/{enrollment}")
        yield {**view, "entries": _merge_timeline(view, descriptions)}
        end = get_end(view)
        if actions and end == actions[0].precondition:
            action = actions.pop(0)
            descriptions.append((len(view["timeline"]), _build_entry(action.description)))
            device = {"specification": journey.specification, "device_location_type": journey.location}
            action.perform(context, {**view, "device_to_install": device})
        elif end or time.monotonic() > deadline:
            return
        else:
            time.sleep(_POLL_SECONDS)


def _build_entry(text: str) -> View:
    return {"at": datetime.now(UTC).isoformat(), "what": f"— {text}", "reason": ""}


def _merge_timeline(view: View, descriptions: list[tuple[int, View]]) -> list[View]:
    entries: list[View] = list(view["timeline"])
    for position, entry in reversed(descriptions):
        entries.insert(position, entry)
    return entries


def get_end(view: View) -> str:
    """Returns where the journey has ended or waits for a person, or an empty text while it continues by itself."""
    if any(order["state"] == "dispatched" for order in view["work_orders"]):
        return AWAITING_VISIT
    if any(shipment["state"] == "ordered" for shipment in view["shipments"]):
        return AWAITING_PARCEL
    if view["state"] in _FINAL_OF_ENROLLMENT:
        return view["state"]
    following = [*view["service_calls"], *view["unenrollments"]]
    if not following:
        return get_final_sync_state(view) if view["state"] == "enrolled" else ""
    last = max(following, key=lambda request: request["submitted_at"])["state"]
    if last not in _FINAL_OF_FOLLOWING_REQUEST:
        return ""
    if last != UNENROLLED:
        return last
    sync_state = get_final_sync_state(view)
    if sync_state != "synchronized":
        return sync_state
    # The last entry of the timeline follows the acknowledgement: what became of the device.
    devices: list[View] = view["subscription"]["devices"] if view["subscription"] else []
    return "" if any(device["registration"] == "deregistered" for device in devices) else last
