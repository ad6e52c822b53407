"""The state machines of docs/domain.md#states: the states, the transitions, and the final states."""

from enum import StrEnum
from itertools import pairwise

import pytest

from models.errors import Conflict, IllegalTransition
from models.states import device, enrollment, outbox, subscription, sync_request
from models.states.device import DEVICE_TRANSITIONS, DeviceState
from models.states.outbox import OUTBOX_TRANSITIONS, OutboxState
from models.states.subscription import (
    REGISTRATION_TRANSITIONS,
    SUBSCRIPTION_TRANSITIONS,
    RegistrationState,
    SubscriptionState,
)
from models.states.sync_request import SYNC_TRANSITIONS, SyncState
from wording.problems.transitions import check_transition

MODULES = (device, enrollment, outbox, subscription, sync_request)
NAMES = {name: value for module in MODULES for name, value in vars(module).items()}

MACHINES = {
    "enrollment": (enrollment.EnrollmentState, enrollment.ENROLLMENT_TRANSITIONS),
    "subscription": (SubscriptionState, SUBSCRIPTION_TRANSITIONS),
    "device": (DeviceState, DEVICE_TRANSITIONS),
    "registration": (RegistrationState, REGISTRATION_TRANSITIONS),
    "sync": (SyncState, SYNC_TRANSITIONS),
    "outbox": (OutboxState, OUTBOX_TRANSITIONS),
}

INITIAL = {
    "enrollment": "submitted",
    "subscription": "pending",
    "device": "new",
    "registration": "proposed",
    "sync": "pending",
    "outbox": "waiting",
}

FINAL = {
    "enrollment": {"rejected", "cancelled", "expired"},
    "subscription": {"ended", "cancelled"},
    "device": {"retired"},
    "registration": {"removed", "kept"},
    "sync": {"synchronized", "discarded", "cancelled"},
    "outbox": {"given_up"},
}

PATHS = [
    ("enrollment", "submitted validating accepted device_setup completing enrolled"),
    (
        "enrollment",
        "submitted validating awaiting_approval accepted device_setup awaiting_site_visit completing enrolled",
    ),
    ("enrollment", "submitted validating waitlisted validating rejected"),
    ("enrollment", "validating awaiting_approval rejected"),
    ("subscription", "pending active ending ended"),
    ("subscription", "pending active suspended active ending active"),
    ("subscription", "pending cancelled"),
    ("device", "new installed enrolled removed retired"),
    ("device", "new installed enrolled faulty removed retired"),
    ("registration", "proposed installed registering registered removing deregistered removed"),
    ("registration", "proposed installed registering registration_failed registering registered"),
    ("registration", "removing deregistered kept"),
    ("sync", "pending sending awaiting_acknowledgement synchronized"),
    ("sync", "pending sending awaiting_acknowledgement sending awaiting_acknowledgement error pending sending"),
    ("sync", "sending synchronized"),
    ("sync", "pending discarded"),
    ("sync", "sending error cancelled"),
    ("outbox", "waiting undeliverable waiting undeliverable given_up"),
    ("outbox", "waiting given_up"),
]

PAIRS = [
    pytest.param(name, before, after, id=f"{name}: {before} to {after}")
    for name, (kinds, _) in MACHINES.items()
    for before in kinds
    for after in kinds
]
BEFORE_ENROLLED = (
    "submitted", "validating", "waitlisted", "awaiting_approval", "accepted", "device_setup", "awaiting_site_visit",
    "completing",
)  # fmt: skip


def follow(name: str, before: str) -> set[str]:
    return {str(state) for state in MACHINES[name][1][MACHINES[name][0](before)]}


def test_every_transition_table_is_tested() -> None:
    tables = {id(table) for name, table in NAMES.items() if name.endswith("_TRANSITIONS")}
    assert {id(table) for _, table in MACHINES.values()} == tables


def test_every_state_enum_has_a_table() -> None:
    enums = {kind for name, kind in NAMES.items() if name.endswith("State") and issubclass(kind, StrEnum)}
    assert enums == {kinds for kinds, _ in MACHINES.values()}


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_in_its_table(name) -> None:
    kinds, table = MACHINES[name]
    assert set(table) == set(kinds)
    assert all(type(state) is kinds for allowed in table.values() for state in allowed)


@pytest.mark.parametrize("name", MACHINES)
def test_the_final_states_are_those_of_the_domain(name) -> None:
    assert {str(state) for state, allowed in MACHINES[name][1].items() if not allowed} == FINAL[name]


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_can_be_reached(name) -> None:
    reached, frontier = set(), {INITIAL[name]}
    while frontier:
        reached |= frontier
        frontier = set().union(*(follow(name, state) for state in frontier)) - reached
    assert reached == {str(state) for state in MACHINES[name][0]}


@pytest.mark.parametrize("name", MACHINES)
def test_a_final_state_can_be_reached_from_every_state(name) -> None:
    ending = set(FINAL[name])
    while more := {str(state) for state in MACHINES[name][0] if follow(name, state) & ending} - ending:
        ending |= more
    assert ending == {str(state) for state in MACHINES[name][0]}


@pytest.mark.parametrize("name", MACHINES)
def test_no_state_follows_itself_and_only_people_return_to_the_initial_state(name) -> None:
    assert not [state for state in MACHINES[name][0] if str(state) in follow(name, state)]
    back = {str(state) for state in MACHINES[name][0] if INITIAL[name] in follow(name, state)}
    assert back <= {"needs_attention", "error", "undeliverable"}


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_the_documented_paths_are_legal(name, path) -> None:
    steps = path.split()
    for before, after in pairwise(steps):
        assert after in follow(name, before), f"{before} to {after}"


@pytest.mark.parametrize("state", BEFORE_ENROLLED)
def test_an_enrollment_can_be_cancelled_until_it_is_enrolled(state) -> None:
    assert {"cancelled", "expired", "needs_attention"} <= follow("enrollment", state)


def test_a_parked_enrollment_returns_to_its_state() -> None:
    parked = {str(state) for state in enrollment.EnrollmentState if "needs_attention" in follow("enrollment", state)}
    assert parked == {*BEFORE_ENROLLED, "enrolled"}
    assert follow("enrollment", "needs_attention") == parked | {"cancelled", "expired"}


def test_an_enrolled_state_is_never_left() -> None:
    assert follow("enrollment", "enrolled") == {"needs_attention"}


@pytest.mark.parametrize(("name", "before", "after"), PAIRS)
def test_a_transition_is_legal_exactly_if_its_table_has_it(name, before, after) -> None:
    table = MACHINES[name][1]
    if after in table[before]:
        check_transition(table, "It", before, after)
        return
    with pytest.raises(IllegalTransition) as refused:
        check_transition(table, "The thing", before, after)
    assert refused.value.detail == f"The thing is {before} and cannot become {after}."
    assert all(str(state) in refused.value.fix for state in table[before])
    assert table[before] or "it is final" in refused.value.fix


def test_an_illegal_transition_is_a_conflict_with_its_own_code() -> None:
    assert issubclass(IllegalTransition, Conflict)
    assert IllegalTransition("no").code == "illegal-transition"
