"""Whatever the code writes in the trail has words of its own."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import states, task_states
from rules.guidance import in_words
from rules.happenings import WORDS

OPERATIONS = Path(__file__).parents[2] / "operations"
WRITTEN = re.compile(r'"([a-z]{2,8}:[a-z_]+)"')
MOVED = {
    "enr": states.ENROLLMENT_TRANSITIONS,
    "sub": states.SUBSCRIPTION_TRANSITIONS,
    "dev": states.DEVICE_TRANSITIONS,
    "reg": states.REGISTRATION_TRANSITIONS,
    "syn": states.SYNC_TRANSITIONS,
    "wo": task_states.WORK_ORDER_TRANSITIONS,
    "unr": task_states.UNENROLLMENT_TRANSITIONS,
    "svc": task_states.SERVICE_CALL_TRANSITIONS,
    "shp": task_states.SHIPMENT_TRANSITIONS,
    "her": task_states.HEAD_END_REQUEST_TRANSITIONS,
    "pf": task_states.PROCESS_FLOW_TRANSITIONS,
    "bat": task_states.BATCH_RUN_TRANSITIONS,
    "msg": states.OUTBOX_TRANSITIONS,
}


def moved() -> Iterator[str]:
    """Every step that a transition table allows."""
    for kind, table in MOVED.items():
        yield from (f"{kind}:{state}" for after in table.values() for state in after)


def noted() -> Iterator[str]:
    """Every action that an operation names."""
    for path in sorted(OPERATIONS.glob("*.py")):
        yield from WRITTEN.findall(path.read_text(encoding="utf-8"))
    yield from (f"{kind}:flow_started_again" for kind in ("enr", "unr", "svc"))


def test_what_is_noted_is_found() -> None:
    assert {"enr:submitted", "wo:sent_back", "syn:released"} <= set(noted())


@pytest.mark.parametrize("action", sorted({*moved(), *noted()}))
def test_every_action_has_words(action: str) -> None:
    assert action in WORDS


def test_no_words_are_kept_for_what_nothing_writes() -> None:
    assert set(WORDS) == {*moved(), *noted()}


def test_a_device_and_its_registration_are_told_apart() -> None:
    assert in_words("dev:installed") != in_words("reg:installed")


def test_an_action_of_a_later_version_is_still_readable() -> None:
    assert in_words("xyz:was_done") == "xyz was done"
