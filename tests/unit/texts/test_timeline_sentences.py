"""Every audited action has a sentence in the timeline."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.states import enrollment, work_order
from models.states.batch_run import BATCH_RUN_TRANSITIONS
from models.states.device import DEVICE_TRANSITIONS
from models.states.head_end import HEAD_END_REQUEST_TRANSITIONS
from models.states.outbox import OUTBOX_TRANSITIONS
from models.states.process_flow import PROCESS_FLOW_TRANSITIONS
from models.states.service_call import SERVICE_CALL_TRANSITIONS
from models.states.shipment import SHIPMENT_TRANSITIONS
from models.states.subscription import REGISTRATION_TRANSITIONS, SUBSCRIPTION_TRANSITIONS
from models.states.sync_request import SYNC_TRANSITIONS
from models.states.unenrollment import UNENROLLMENT_TRANSITIONS
from wording.timeline import TIMELINE_SENTENCES, describe_action

OPERATIONS = Path(__file__).parents[3] / "operations"
WRITTEN = re.compile(r'"([a-z]{2,8}:[a-z_]+)"')
MOVED = {
    "enr": enrollment.ENROLLMENT_TRANSITIONS,
    "sub": SUBSCRIPTION_TRANSITIONS,
    "dev": DEVICE_TRANSITIONS,
    "reg": REGISTRATION_TRANSITIONS,
    "syn": SYNC_TRANSITIONS,
    "wo": work_order.WORK_ORDER_TRANSITIONS,
    "unr": UNENROLLMENT_TRANSITIONS,
    "svc": SERVICE_CALL_TRANSITIONS,
    "shp": SHIPMENT_TRANSITIONS,
    "her": HEAD_END_REQUEST_TRANSITIONS,
    "pf": PROCESS_FLOW_TRANSITIONS,
    "bat": BATCH_RUN_TRANSITIONS,
    "msg": OUTBOX_TRANSITIONS,
}


def moved() -> Iterator[str]:
    """Return every transition that a table allows."""
    for kind, table in MOVED.items():
        yield from (f"{kind}:{state}" for after in table.values() for state in after)


def noted() -> Iterator[str]:
    """Return every action that an operation records."""
    for path in sorted(OPERATIONS.rglob("*.py")):
        yield from WRITTEN.findall(path.read_text(encoding="utf-8"))
    yield from (f"{kind}:flow_started_again" for kind in ("enr", "unr", "svc"))
    yield from (f"{kind}:{action}" for kind in ("wo", "shp") for action in ("reminded", "escalated", "unclaimed"))


def test_recorded_actions_are_found() -> None:
    assert {"enr:submitted", "wo:sent_back", "syn:released"} <= set(noted())


@pytest.mark.parametrize("action", sorted({*moved(), *noted()}))
def test_every_action_has_a_sentence(action: str) -> None:
    assert action in TIMELINE_SENTENCES


def test_no_sentence_is_unused() -> None:
    assert set(TIMELINE_SENTENCES) == {*moved(), *noted()}


def test_a_device_and_its_registration_have_different_sentences() -> None:
    assert describe_action("dev:installed") != describe_action("reg:installed")


def test_an_action_of_a_later_version_is_still_readable() -> None:
    assert describe_action("xyz:was_done") == "xyz was done"
