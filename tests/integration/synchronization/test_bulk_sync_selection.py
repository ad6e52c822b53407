"""Bulk sync selects messages by the same rules as a single send, and notifies each workflow once."""

from collections.abc import Iterator

import pytest

from models.messages.synchronization import DermsAcknowledgement
from models.states.sync_request import SyncState
from operations.batches.batched_sync import BulkSync, BulkSyncResult, prepare_bulk_sync, record_bulk_sync_result
from tests.integration.clients.own_database import SCOPE, SubscriptionTransaction, open_subscription
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def enrollment_id(stack: RunningStack) -> Iterator[str]:
    """An enrollment whose message waits for the monitor, and is sent after the test."""
    program = stack.unique_name("BATCHED")
    stack.add_program(program, sync_policy="batched")
    enrollment = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_sync_request(enrollment, "pending")
    yield enrollment
    stack.database.execute("UPDATE sync_request SET held = false WHERE enrollment_id = $1", enrollment)


async def selected(record: SubscriptionTransaction) -> BulkSync:
    together = await prepare_bulk_sync(record.session, SCOPE, record.catalogs)
    await record.session.flush()
    return together


def goes(together: BulkSync, request: str) -> bool:
    return request in {one.sync_request_id for one in together.messages}


async def test_a_selected_message_is_in_flight_and_still_held(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        first = await record.get_first_sync_request()
        assert goes(await selected(record), first.id)
        assert (first.state, first.held, first.attempts) == (SyncState.SENDING, True, 1)


async def test_a_second_attempt_selects_the_same_messages_and_keys(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        once, again = await selected(record), await selected(record)
        assert [one.key for one in once.messages] == [one.key for one in again.messages]


async def test_a_message_whose_turn_has_not_come_is_not_selected(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        first = await record.get_first_sync_request()
        first.state, first.attempts, first.held = SyncState.ERROR, 1, False
        await record.session.flush()
        later = await record.request_sync()
        assert not goes(await selected(record), later.id)
        assert (later.state, later.held) == (SyncState.PENDING, False)
        assert later.workflow_id in await record.list_notified_workflows()


async def test_a_message_without_news_is_discarded(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        first = await record.get_first_sync_request()
        later = await record.request_sync()
        first.state, first.attempts, first.held = SyncState.SYNCHRONIZED, 1, False
        first.snapshot_hash = later.snapshot_hash
        later.state, later.held, later.note = SyncState.PENDING, True, None
        await record.session.flush()
        assert not goes(await selected(record), later.id)
        assert later.state is SyncState.DISCARDED


async def test_a_received_message_awaits_its_acknowledgement(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        first, together = await record.get_first_sync_request(), await selected(record)
        keys = frozenset(one.key for one in together.messages)
        await record_bulk_sync_result(record.session, SCOPE, together, BulkSyncResult(received=keys))
        assert (first.state, first.held) == (SyncState.AWAITING_ACKNOWLEDGEMENT, False)


async def test_a_message_with_unknown_outcome_is_left_to_its_workflow(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        first, together = await record.get_first_sync_request(), await selected(record)
        await record_bulk_sync_result(record.session, SCOPE, together, BulkSyncResult())
        assert (first.state, first.held) == (SyncState.SENDING, False)
        assert first.workflow_id in await record.list_notified_workflows()


async def test_a_corrected_message_differs_from_the_received_one(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        first, together = await record.get_first_sync_request(), await selected(record)
        first.revision += 1
        await record.session.flush()
        await record_bulk_sync_result(
            record.session, SCOPE, together, BulkSyncResult(frozenset(one.key for one in together.messages))
        )
        assert first.state is SyncState.SENDING


async def test_an_acknowledgement_of_an_unsent_message_is_ignored(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        together = await selected(record)
        acknowledgement = DermsAcknowledgement(
            message_id=stack.unique_name("ack"), sync_request_id="syn_of_somebody", result="positive"
        )
        done = await record_bulk_sync_result(
            record.session, SCOPE, together, BulkSyncResult(answers=(acknowledgement,))
        )
        assert done.counts["sent_together"] == 0
