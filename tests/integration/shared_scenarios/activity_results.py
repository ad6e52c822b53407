"""Reads from a history what each activity returned, so that stand-ins and real activities can be compared."""

import base64
import json
from typing import Any

from temporalio.client import WorkflowHistory

_COMPARED = frozenset(
    {"state", "outcome", "method", "result", "steps", "waits", "attempts_used_up", "passed", "known", "visit_ended"}
)
"""Fields whose values are compared. Of any other field, such as an id or a time, it counts whether it is filled."""


def list_results(history: WorkflowHistory) -> list[tuple[str, Any]]:
    """Return the name and the result of each completed activity, in the order in which they completed.

    A workflow may read a status once or twice while it changes; only the last of consecutive reads counts.
    """
    events: list[dict[str, Any]] = json.loads(history.to_json())["events"]
    names: dict[str, str] = {}
    found: list[tuple[str, Any]] = []
    for event in events:
        if scheduled := event.get("activityTaskScheduledEventAttributes"):
            names[event["eventId"]] = scheduled["activityType"]["name"]
        elif completed := event.get("activityTaskCompletedEventAttributes"):
            found.append((names[completed["scheduledEventId"]], _decode_result(completed.get("result"))))
        elif (marker := event.get("markerRecordedEventAttributes")) and marker["markerName"] == "core_local_activity":
            details = marker["details"]
            name = _decode(details["data"]["payloads"][0])["activity_type"]
            if "result" in details:
                found.append((name, _decode_result(details["result"])))
    return [
        one
        for number, one in enumerate(found)
        if not (one[0].endswith("_standing") and [later[0] for later in found[number + 1 : number + 2]] == [one[0]])
    ]


def _decode_result(result: dict[str, Any] | None) -> Any:
    payloads = (result or {}).get("payloads", [])
    return _reduce(_decode(payloads[0])) if payloads else None


def _decode(payload: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(payload["data"])) if "data" in payload else None


def _reduce(value: Any) -> Any:
    if not isinstance(value, dict):
        return bool(value)
    return {name: _reduce_field(name, field) for name, field in value.items()}


def _reduce_field(name: str, value: Any) -> Any:
    if name in _COMPARED:
        return value
    if name == "acknowledgement":
        # The DERMS wrote the rest, not we.
        return value and value["result"]
    if name == "removals":
        return [_reduce(one) for one in value]
    return _reduce(value) if isinstance(value, dict) and value else bool(value)
