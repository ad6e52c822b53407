"""The DERMS receives the changes of a subscription strictly one after the other, and none without news."""

import pytest

from models.states.sync_request import SyncKind, SyncState
from models.tables.sync_request import SyncRequest
from models.views.attention import AttentionKind
from operations.attention import queries
from operations.synchronization import sync_repairs
from operations.synchronization.sync_queue import get_wait_reason
from tests.integration.clients.own_database import SCOPE, SubscriptionTransaction, open_subscription
from tests.integration.clients.running_stack import RunningStack

KNOWN = {"head_ends": "*", "programs": "*", "feeders": "*"}


@pytest.fixture
def refused(stack: RunningStack) -> str:
    """Enroll a customer whose first message is in error."""
    stack.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    enrollment = stack.submit_accepted(stack.build_application())
    stack.wait_for_sync_request(enrollment, "error")
    return enrollment


async def moved_in(record: SubscriptionTransaction) -> None:
    """Change the subscription from what the DERMS knows."""
    (await record.get_subscription()).number += "-A"
    await record.session.flush()


async def test_a_later_change_waits_for_an_earlier_one_in_error(stack: RunningStack, refused: str) -> None:
    async with open_subscription(stack, refused) as record:
        later = await record.request_sync()
        ready = await record.start_sending(later)
        first = await record.get_first_sync_request()
        assert (ready.state, ready.snapshot) == (SyncState.PENDING, None)
        assert ready.waits_for.startswith(f"{first.id}, which is in error: ")


async def list_blocked(record: SubscriptionTransaction, *requests: SyncRequest) -> dict[str, str]:
    """Return the attention list's entries about these requests, which agree with the requests' own views."""
    page = await queries.list_attention_items(
        record.session, SCOPE, kind=AttentionKind.SYNC_REQUEST_HELD_UP, limit=200, cursor=None
    )
    listed = [(item.id, item.why) for item in page.items if item.id in {one.id for one in requests}]
    assert [key for key, _ in listed] == [
        one.id for one in requests if (await get_wait_reason(record.session, one)).needs_person
    ]
    return dict(listed)


async def test_a_blocked_request_is_listed_once_under_the_blocking_one(stack: RunningStack, refused: str) -> None:
    async with open_subscription(stack, refused) as record:
        first, second = await record.get_first_sync_request(), await record.request_sync()
        second.state, second.attempts, second.error_code = SyncState.ERROR, 1, "UNKNOWN_FEEDER"
        await record.session.flush()
        third = await record.request_sync()
        said = await list_blocked(record, third)
        assert f"waits for {second.id}, which is in error" in said[third.id]
        second.state = SyncState.PENDING
        await record.session.flush()
        said = await list_blocked(record, second, third)
        assert said.keys() == {second.id}
        assert f"waits for {first.id}, which is in error" in said[second.id]


async def test_a_message_held_for_bulk_sync_is_not_blocked(stack: RunningStack, refused: str) -> None:
    async with open_subscription(stack, refused) as record:
        later = await record.request_sync()
        assert later.id in await list_blocked(record, later)
        later.held = True
        await record.session.flush()
        assert await list_blocked(record, later) == {}


async def test_cancelling_the_earlier_request_releases_the_later_one(stack: RunningStack, refused: str) -> None:
    async with open_subscription(stack, refused) as record:
        later = await record.request_sync()
        await sync_repairs.cancel(record.session, SCOPE, (await record.get_first_sync_request()).id, "torn down")
        await record.session.flush()
        assert await record.list_notified_workflows() == [later.workflow_id]
        assert (await record.start_sending(later)).state is SyncState.SENDING


async def test_a_retry_of_the_earlier_request_clears_the_block(stack: RunningStack, refused: str) -> None:
    async with open_subscription(stack, refused) as record:
        later = await record.request_sync()
        await record.start_sending(later)
        assert (later.note or "").startswith("waits for")
        await sync_repairs.retry(record.session, SCOPE, record.catalogs, (await record.get_first_sync_request()).id)
        await record.session.flush()
        assert await record.list_notified_workflows() == [later.workflow_id]
        await record.start_sending(later)
        assert (later.state, later.note) == (SyncState.PENDING, None)


async def test_cancelling_the_last_change_notifies_no_workflow(stack: RunningStack, refused: str) -> None:
    async with open_subscription(stack, refused) as record:
        await sync_repairs.cancel(record.session, SCOPE, (await record.get_first_sync_request()).id, "torn down")
        await record.session.flush()
        assert await record.list_notified_workflows() == []


async def test_unsent_changes_are_merged(stack: RunningStack, refused: str) -> None:
    async with open_subscription(stack, refused) as record:
        second, third = await record.request_sync(), await record.request_sync(SyncKind.REPLACE_DEVICE)
        assert (second.state, second.note) == (SyncState.DISCARDED, f"joined into {third.id}")
        assert (third.state, third.sequence) == (SyncState.PENDING, 3)
        assert await record.list_notified_workflows() == [second.workflow_id]


async def test_a_merged_change_keeps_its_purpose(stack: RunningStack, refused: str) -> None:
    async with open_subscription(stack, refused) as record:
        await record.request_sync(SyncKind.REPLACE_DEVICE)
        last = await record.request_sync(SyncKind.UPDATE)
        assert last.kind is SyncKind.REPLACE_DEVICE
        assert last.snapshot["kind"] == "replace_device"


async def test_a_sent_change_is_never_merged(stack: RunningStack, refused: str) -> None:
    async with open_subscription(stack, refused) as record:
        first = await record.get_first_sync_request()
        await sync_repairs.retry(record.session, SCOPE, record.catalogs, first.id)
        await record.session.flush()
        await record.request_sync()
        assert (first.state, first.attempts) == (SyncState.PENDING, 1)


async def test_a_snapshot_that_the_derms_holds_is_not_sent(stack: RunningStack) -> None:
    async with open_subscription(stack, stack.enroll()) as record:
        ready = await record.start_sending(await record.request_sync())
        assert (ready.state, ready.snapshot) == (SyncState.DISCARDED, None)


async def test_a_changed_snapshot_is_sent(stack: RunningStack) -> None:
    async with open_subscription(stack, stack.enroll()) as record:
        await moved_in(record)
        assert (await record.start_sending(await record.request_sync())).state is SyncState.SENDING


async def test_the_snapshot_is_built_when_its_turn_comes(stack: RunningStack) -> None:
    async with open_subscription(stack, stack.enroll()) as record:
        request = await record.request_sync()
        await moved_in(record)
        ready = await record.start_sending(request)
        assert ready.snapshot is not None
        assert ready.snapshot["subscription"]["number"].endswith("-A")


async def test_the_old_snapshot_is_resent_after_a_cancelled_change(stack: RunningStack) -> None:
    """The DERMS may hold the cancelled change, so the earlier acknowledgement proves nothing."""
    async with open_subscription(stack, stack.enroll()) as record:
        request = await record.request_sync()
        request.state, request.attempts = SyncState.CANCELLED, 1
        await record.session.flush()
        assert (await record.start_sending(await record.request_sync())).state is SyncState.SENDING


async def test_the_first_message_waits_for_nothing(stack: RunningStack, refused: str) -> None:
    async with open_subscription(stack, refused) as record:
        first = await record.get_first_sync_request()
        first.state, first.attempts = SyncState.PENDING, 0
        assert (await record.start_sending(first)).state is SyncState.SENDING
