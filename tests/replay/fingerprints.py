"""Writes a history as a fingerprint: its events in order, with the names of activities and signals, and nothing
else."""

import base64
import json
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

FINGERPRINTS = Path(__file__).parent / "fingerprints"

_TIMING_EVENTS = ("WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_STARTED", "WORKFLOW_TASK_COMPLETED")
"""The number of workflow tasks depends on the server's speed; what they ask for does not."""


def build_fingerprint(history: WorkflowHistory) -> str:
    """Return one line for each event."""
    events: list[dict[str, Any]] = json.loads(history.to_json())["events"]
    lines = (_format_event(event) for event in events)
    return "".join(f"{line}\n" for line in lines if line not in _TIMING_EVENTS)


def _format_event(event: dict[str, Any]) -> str:
    kind = event["eventType"].removeprefix("EVENT_TYPE_")
    attributes: dict[str, Any] = next((value for key, value in event.items() if key.endswith("Attributes")), {})
    return " ".join([kind, *_list_names(attributes)])


def _list_names(attributes: dict[str, Any]) -> list[str]:
    found = [attributes.get("activityType", {}).get("name"), attributes.get("signalName")]
    found += (
        sorted(attributes.get("searchAttributes", {}).get("indexedFields", {}))
        if "workflowType" not in attributes
        else []
    )
    found += [_local_activity(attributes)] if attributes.get("markerName") == "core_local_activity" else []
    return [name for name in found if name]


def _local_activity(attributes: dict[str, Any]) -> str:
    return json.loads(_decode(attributes["details"]["data"]["payloads"][0]["data"]))["activity_type"]


def _decode(data: str) -> bytes:
    return base64.b64decode(data)
