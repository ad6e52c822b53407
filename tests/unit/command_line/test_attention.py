"""The attention list's actions are printed as existing commands with existing options."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from cli.commands.attention import format_command
from cli.main import app
from models.classifications import RemovalMethod
from models.states.service_call import ServiceCallState
from models.states.shipment import ShipmentState
from models.states.work_order import WorkOrderState
from models.views.attention import AttentionAction, AttentionKind
from wording.attention import AttentionCase, attention_actions

PREFIXES = {
    AttentionKind.ENROLLMENT_PARKED: "enr",
    AttentionKind.UNENROLLMENT_PARKED: "unr",
    AttentionKind.SERVICE_CALL_PARKED: "svc",
    AttentionKind.SYNC_REQUEST_IN_ERROR: "syn",
    AttentionKind.SYNC_REQUEST_HELD_UP: "syn",
    AttentionKind.NOT_CONTROLLABLE: "sub",
    AttentionKind.VISIT_ESCALATED: "wo",
    AttentionKind.SHIPMENT_ESCALATED: "shp",
    AttentionKind.APPROVAL_AWAITED: "unr",
    AttentionKind.WORK_UNCLAIMED: "wo",
    AttentionKind.SHIPMENT_UNCLAIMED: "shp",
    AttentionKind.RECOVERY_PENDING: "unr",
    AttentionKind.MESSAGE_UNDELIVERABLE: "msg",
    AttentionKind.DELIVERY_DELAYED: "msg",
}
JOURNEYS = {AttentionKind.VISIT_ESCALATED: "unr_1", AttentionKind.SYNC_REQUEST_HELD_UP: "syn_2"}
DEVICES = [{"device": f"dev_{method}", "method": method, "left": False, "ended": None} for method in RemovalMethod]
STATES: dict[AttentionKind, list[dict[str, Any]]] = {
    AttentionKind.UNENROLLMENT_PARKED: [{"state": "needs_attention", "devices": DEVICES}],
    AttentionKind.RECOVERY_PENDING: [{"state": "recovery_pending", "devices": DEVICES}],
    AttentionKind.SERVICE_CALL_PARKED: [{"resume_state": state} for state in ServiceCallState],
    AttentionKind.VISIT_ESCALATED: [{"state": state} for state in WorkOrderState],
    AttentionKind.SHIPMENT_ESCALATED: [{"state": state} for state in ShipmentState],
}


def offered() -> Iterator[AttentionAction]:
    """Return every item that can be on the list, in every state."""
    for kind in AttentionKind:
        of = f"{PREFIXES[kind]}_1"
        for details in STATES.get(kind, [{}]):
            yield from attention_actions(AttentionCase(kind, of, JOURNEYS.get(kind, "enr_1"), "sub_1", details))


COMMANDS = sorted({format_command(one.model_dump(mode="json")) for one in offered()})


@pytest.mark.parametrize("line", COMMANDS)
def test_an_offered_action_is_a_valid_command(line: str) -> None:
    program, *words = line.split()
    if program == "GET":
        assert words == ["/readyz"]
        return
    assert program == "gridenroll"
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = {name: one for one in command.params if one.param_type_name == "option" for name in one.opts}
    named = [word for word in words if word.startswith("--")]
    assert set(named) <= set(options)
    assert {name for name, one in options.items() if one.required} <= set(named)
    assert len(words) - 2 * len(named) == len(arguments)


def test_an_action_on_an_unknown_collection_is_printed_as_an_api_call() -> None:
    new = {"action": "mend", "method": "POST", "href": "/v1/meters/mtr_1/mend", "body": None}
    assert format_command(new) == "POST /v1/meters/mtr_1/mend"


def test_actions_are_offered() -> None:
    assert {line.split()[1] for line in COMMANDS} >= {"enrollments", "unenrollments", "work-orders", "unenroll"}
