"""Whatever happens in whatever order, the invariants hold after each step, and everything settles in the end
(docs/domain.md#invariants).

The tests run against the whole real stack. Its workflows run concurrently, so a failing sequence is reported as it was,
not shrunk.
"""

import asyncio
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from temporalio.client import Client, WorkflowExecutionStatus

from models.batches import BatchName
from models.states.work_order import CompletionOutcome
from tests.integration.clients.running_stack import RunningStack
from tests.integration.random_sequences.invariants import (
    UNFINISHED,
    VIOLATIONS,
    find_illegal_transitions,
    find_violations,
)
from tests.integration.random_sequences.random_actions import WAYS, RandomActions
from tests.waiting import wait_for, wait_for_result

STEPS = 25
number = st.integers(0, 3)
derms = st.sampled_from(["at_once", "at_once", "never"])
known = st.one_of(st.none(), st.none(), number)


class AnySequence(RuleBasedStateMachine):
    """People, technicians and the DERMS, who do not wait for each other."""

    stack: ClassVar[RunningStack]
    customers: ClassVar[list[dict[str, str]]]

    @initialize(answers=derms, refuses=st.booleans(), of_devices=st.sampled_from(["at_once", "at_once", "never"]))
    def begin(self, answers: str, of_devices: str, *, refuses: bool) -> None:
        self.world = RandomActions(self.stack, self.customers)
        self.world.set_derms_mode(answers)
        self.world.set_derms_refusal(everything=refuses)
        self.world.set_head_end_mode(of_devices)
        # There is something to act on, and a request on the waitlist.
        for customer, (way, devices) in enumerate((("own", 2), ("brought", 0), ("sent", 0), ("checked", 1))):
            self.world.enroll(customer, way, devices, None)
            settled(self.world)

    @rule(customer=number, way=st.sampled_from(list(WAYS)), devices=st.integers(1, 2), known=known)
    def enroll(self, customer: int, way: str, devices: int, known: int | None) -> None:
        self.world.enroll(customer, way, devices, known)

    @rule()
    def ask_again(self) -> None:
        self.world.resubmit()

    @rule(
        what=st.sampled_from(["enrollment", "unenrollment", "service_call", "work_order", "sync_request"]),
        which=number,
    )
    def cancel(self, what: str, which: int) -> None:
        self.world.act_on(what, which, "cancel", reason="second thoughts")

    @rule(what=st.sampled_from(["enrollment", "unenrollment", "service_call", "sync_request"]), which=number)
    def retry(self, what: str, which: int) -> None:
        self.world.act_on(what, which, "retry")

    @rule(order=number, day=st.integers(1, 28))
    def appoint(self, order: int, day: int) -> None:
        self.world.appoint(order, day)

    @rule(order=number, step=st.sampled_from(["en_route", "on_site"]))
    def go_there(self, order: int, step: str) -> None:
        self.world.act_on("work_order", order, "progress", step=step)

    @rule(order=number, outcome=st.sampled_from(list(CompletionOutcome)), known=known)
    def report(self, order: int, outcome: str, known: int | None) -> None:
        self.world.report(order, outcome, known)

    @rule(order=number, outcome=st.sampled_from(["completed_as_ordered", "device_replaced"]))
    def report_well(self, order: int, outcome: str) -> None:
        self.world.report(order, outcome, None)

    @rule(which=number)
    def report_again(self, which: int) -> None:
        self.world.report_again(which)

    @rule(which=number, enrollment=number)
    def report_to_another(self, which: int, enrollment: int) -> None:
        self.world.signal_report_to_another(which, enrollment)

    @rule(
        subscription=number,
        reason=st.sampled_from(["customer_opt_out", "device_removed", "non_participation"]),
        method=st.sampled_from([None, "keep", "utility_removal", "ship_back"]),
        partly=st.booleans(),
        later=st.integers(0, 5).map(lambda chance: chance == 5),
    )
    def unenroll(self, subscription: int, reason: str, method: str | None, *, partly: bool, later: bool) -> None:
        self.world.unenroll(subscription, reason, method, partly=partly, later=later)

    @rule(which=number, approved=st.booleans())
    def approve(self, which: int, *, approved: bool) -> None:
        self.world.act_on("unenrollment", which, "approval", approved=approved, reason="as agreed")

    @rule(which=number, device=number, word=st.sampled_from(["kept", "received"]))
    def end_removal(self, which: int, device: int, word: str) -> None:
        self.world.end_removal(which, device, word)

    @rule(subscription=number, device=number, action=st.sampled_from([None, "advice", "remote_action", "work_request"]))
    def call(self, subscription: int, device: int, action: str | None) -> None:
        self.world.open_service_call(subscription, device, action)

    @rule(
        which=number, word=st.sampled_from(["shipped", "delivered", "confirmed", "confirmed", "returned"]), known=known
    )
    def parcel(self, which: int, word: str, known: int | None) -> None:
        self.world.advance_shipment(which, word, known)

    @rule(how=st.sampled_from(["at_once", "callback", "never"]))
    def head_end_answers(self, how: str) -> None:
        self.world.set_head_end_mode(how)

    @rule(which=number, state=st.sampled_from(["online", "offline", "unknown", "broken", "silent"]))
    def device_is(self, which: int, state: str) -> None:
        self.world.set_device_state(which, state)

    @rule(which=number, outcome=st.sampled_from(["ok", "offline", "unknown", "failed"]))
    def head_end_says(self, which: int, outcome: str) -> None:
        self.world.send_head_end_callback(which, outcome)

    @rule(customer=number, leaves=st.sampled_from(["stays", "stays", "later", "gone"]))
    def move(self, customer: int, leaves: str) -> None:
        self.world.send_cis_news(customer, leaves)

    @rule(which=number, action=st.sampled_from(["advice", "work_request", "remote_action"]))
    def choose(self, which: int, action: str) -> None:
        wish: dict[str, Any] = {"work_request": {"access_notes": "Ring twice."}} if action == "work_request" else {}
        self.world.act_on("service_call", which, "action", action=action, **wish)

    @rule(how=derms)
    def derms_answers(self, how: str) -> None:
        self.world.set_derms_mode(how)

    @rule(everything=st.booleans())
    def derms_refuses(self, *, everything: bool) -> None:
        self.world.set_derms_refusal(everything=everything)

    @rule(which=number, result=st.sampled_from([None, "positive", "negative"]), times=st.integers(1, 2))
    def acknowledge(self, which: int, result: str | None, times: int) -> None:
        self.world.acknowledge(which, result, times)

    @rule(name=st.sampled_from(list(BatchName)))
    def run_batch(self, name: str) -> None:
        self.world.run_batch(name)

    @rule()
    def wait(self) -> None:
        settled(self.world)

    @invariant()
    def holds(self) -> None:
        database, world = self.stack.database, getattr(self, "world", None)
        if world is not None:
            assert find_violations(database, world.program, VIOLATIONS) == {}
            assert find_illegal_transitions(database, world.since) == []

    def teardown(self) -> None:
        if hasattr(self, "world"):
            quiesce(self.world)


def settled(world: RandomActions) -> None:
    """Wait until everybody has done what they can do now."""
    left: dict[str, Any] = {"not": "asked yet"}

    def nothing_left() -> bool:
        nonlocal left
        left = find_violations(world.stack.database, world.program, UNFINISHED)
        return not left

    try:
        wait_for(nothing_left)
    except AssertionError:
        raise AssertionError(f"somebody is stuck: {left}") from None


def quiesce(world: RandomActions) -> None:
    """Reset the DERMS and the devices, and repair what is in error, until everything is at rest and consistent."""
    world.set_derms_mode("at_once")
    world.set_derms_refusal(everything=False)
    world.set_head_end_mode("at_once")
    world.bring_devices_online()
    for _ in range(4):
        settled(world)
        for state, word in (("awaiting_acknowledgement", ""), ("error", "retry")):
            for place in _where(world, state):
                world.act_on("sync_request", place, word) if word else world.acknowledge(place, None, 1)
    wait_for(lambda: not _where(world, "awaiting_acknowledgement") + _where(world, "error"))
    wait_for(lambda: not find_violations(world.stack.database, world.program, UNANSWERED))
    settled(world)
    assert find_violations(world.stack.database, world.program, VIOLATIONS) == {}
    _workflows_agree_with_the_record(world)
    _derms_is_as_the_record(world)


def _where(world: RandomActions, state: str) -> list[int]:
    rows = world.stack.database.rows("SELECT state FROM sync_request WHERE program = $1 ORDER BY id", world.program)
    return [place for place, row in enumerate(rows) if row["state"] == state]


UNANSWERED = {
    "a device that speaks again needs nobody": """
        WITH stuck AS (
            SELECT id FROM enrollment WHERE program = $1 AND state = 'needs_attention'
            UNION ALL SELECT id FROM service_call WHERE program = $1 AND state = 'needs_attention'
        )
        SELECT r.id, r.journey, r.state FROM head_end_request r JOIN stuck ON stuck.id = r.journey
        WHERE r.outcome IS NULL
    """
}

_S = WorkflowExecutionStatus
FINAL = {
    "enroll": ("enrollment", {"enrolled", "rejected", "cancelled", "expired"}),
    "unenroll": ("unenrollment", {"unenrolled", "rejected", "cancelled"}),
    "service-call": ("service_call", {"closed", "cancelled"}),
}


def _workflows_agree_with_the_record(world: RandomActions) -> None:
    """Assert that a workflow runs exactly as long as its record is not final, and that none has failed."""
    for prefix, (table, final) in FINAL.items():
        wanted = f"SELECT id, state FROM {table} WHERE program = $1"
        for row in world.stack.database.rows(wanted, world.program):
            status = asyncio.run(_status(world, f"{prefix}/{row['id']}", over=row["state"] in final))
            assert status is (_S.COMPLETED if row["state"] in final else _S.RUNNING), row


async def _status(world: RandomActions, workflow_id: str, *, over: bool) -> WorkflowExecutionStatus | None:
    """Return the workflow's status, waiting for the end of one that ought to end."""
    client = await Client.connect(world.stack.description["temporal_address"])
    handle = client.get_workflow_handle(workflow_id)
    if over:
        await wait_for_result(handle.result(), f"the end of {workflow_id}")
    return (await handle.describe()).status


NOT_ANSWERED = {"registering", "registration_failed", "removing"}


def _derms_is_as_the_record(world: RandomActions) -> None:
    """Assert that the DERMS controls what we have registered, and nothing that we have deregistered; except for devices
    whose last change was cancelled, of which nobody knows."""
    rows = world.stack.database.rows(
        """
        SELECT s.number, sd.device_id, sd.registration, (
            SELECT r.state FROM sync_request r WHERE r.subscription_id = s.id AND r.state <> 'discarded'
            ORDER BY r.sequence DESC LIMIT 1
        ) = 'cancelled' AS given_up
        FROM subscription_device sd JOIN program_subscription s ON s.id = sd.subscription_id WHERE s.program = $1
        """,
        world.program,
    )
    for row in rows:
        held = {
            der["device"]["device_id"] for der in world.stack.search_derms(row["number"]) if der["state"] == "enrolled"
        }
        if not (row["given_up"] and row["registration"] in NOT_ANSWERED):
            assert (row["device_id"] in held) == (row["registration"] == "registered"), row


@pytest.fixture
def machine(stack: RunningStack) -> type[AnySequence]:
    AnySequence.stack = stack
    AnySequence.customers = [stack.customers.take(premise_type="single_family") for _ in range(4)]
    return AnySequence


@pytest.mark.parametrize("examples", [3, pytest.param(25, marks=pytest.mark.soak)])
def test_invariants_hold_for_any_sequence_of_actions(machine: type[AnySequence], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            report_multiple_bugs=False,
        ),
    )
