"""Plays one journey: asks as any other requester would, and looks at it until it is over or patience ends."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from cli.client import Api
from cli.demo.journeys import Journey
from cli.demo.people import Person

_LOOK_EVERY_SECONDS = 0.2
_FINAL = frozenset({"rejected", "cancelled", "expired", "waitlisted", "needs_attention"})
_FINAL_SYNC = frozenset({"synchronized", "error", "cancelled", "discarded"})

View = dict[str, Any]


def submit(api: Api, journey: Journey, person: Person, terms_version: str) -> str:
    """Sends the application; gives the id of the enrolment."""
    number = token_hex(5).upper()
    application = {
        "transaction_id": f"demo-{journey.key}-{number}",
        "account": person.account,
        "service_point": person.service_point,
        "program": journey.program,
        "devices": [
            {
                "specification": journey.specification,
                "serial_number": f"DEMO-{number}",
                "device_location_type": journey.location,
            }
        ],
        "terms": {
            "version": terms_version,
            "accepted_by": person.name,
            "accepted_at": datetime.now(UTC).isoformat(),
        },
        "answers": dict(journey.answers),
    }
    return api.ask("POST", "/v1/program-enrollments", body=application)["id"]


def watch(api: Api, enrollment: str, patience_seconds: float) -> Iterator[View]:
    """The enrolment as it is seen again and again; the last one is over, or out of patience."""
    deadline = time.monotonic() + patience_seconds
    while True:
        view = api.ask("GET", f"/v1/program-enrollments/{enrollment}")
        yield view
        if end_of(view) or time.monotonic() > deadline:
            return
        time.sleep(_LOOK_EVERY_SECONDS)


def end_of(view: View) -> str:
    """How it ended, or where it will stay until somebody acts; empty while it goes on by itself."""
    if view["state"] in _FINAL:
        return view["state"]
    last = view["sync_requests"][-1]["state"] if view["sync_requests"] else ""
    return last if view["state"] == "enrolled" and last in _FINAL_SYNC else ""
