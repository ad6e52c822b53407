"""What goes with others goes by the same rules as by itself, and is told to its flow once."""

from collections.abc import Iterator

import pytest

from models.messages.synchronize import Acknowledged
from models.states import SyncState
from operations.sync_batches import Fates, Together, settle, take_together
from tests.integration.doors import Doors
from tests.integration.record import SCOPE, Record, record_of


@pytest.fixture
def held(doors: Doors) -> Iterator[str]:
    """An enrolment whose message waits for the monitor; it is sent afterwards, for no other test to meet it."""
    program = doors.name("BATCHED")
    doors.offer(program, sync_policy="batched")
    enrollment = doors.accepted(doors.application(program=program))
    doors.told(enrollment, "pending")
    yield enrollment
    doors.database.execute("UPDATE sync_request SET held = false WHERE enrollment_id = $1", enrollment)


async def taken(record: Record) -> Together:
    together = await take_together(record.session, SCOPE, record.catalogs)
    await record.session.flush()
    return together


def goes(together: Together, request: str) -> bool:
    return request in {one.sync_request_id for one in together.messages}


async def test_taken_out_it_is_on_its_way_and_still_held(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        first = await record.first()
        assert goes(await taken(record), first.id)
        assert (first.state, first.held, first.attempts) == (SyncState.SENDING, True, 1)


async def test_a_second_try_takes_the_same_under_the_same_key(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        once, again = await taken(record), await taken(record)
        assert [one.key for one in once.messages] == [one.key for one in again.messages]


async def test_one_whose_turn_has_not_come_stays_behind_and_waits_for_it(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        first = await record.first()
        first.state, first.attempts, first.held = SyncState.ERROR, 1, False
        await record.session.flush()
        later = await record.announce()
        assert not goes(await taken(record), later.id)
        assert (later.state, later.held) == (SyncState.PENDING, False)
        assert later.workflow_id in await record.woken()


async def test_one_with_nothing_new_to_tell_is_discarded(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        first = await record.first()
        later = await record.announce()
        first.state, first.attempts, first.held = SyncState.SYNCHRONIZED, 1, False
        first.snapshot_hash = later.snapshot_hash
        later.state, later.held, later.note = SyncState.PENDING, True, None
        await record.session.flush()
        assert not goes(await taken(record), later.id)
        assert later.state is SyncState.DISCARDED


async def test_received_it_awaits_its_answer(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        first, together = await record.first(), await taken(record)
        keys = frozenset(one.key for one in together.messages)
        await settle(record.session, SCOPE, together, Fates(received=keys))
        assert (first.state, first.held) == (SyncState.AWAITING_ACKNOWLEDGEMENT, False)


async def test_of_unknown_fate_it_is_left_to_its_flow(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        first, together = await record.first(), await taken(record)
        await settle(record.session, SCOPE, together, Fates())
        assert (first.state, first.held) == (SyncState.SENDING, False)
        assert first.workflow_id in await record.woken()


async def test_corrected_meanwhile_it_is_not_what_the_derms_received(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        first, together = await record.first(), await taken(record)
        first.revision += 1
        await record.session.flush()
        await settle(record.session, SCOPE, together, Fates(frozenset(one.key for one in together.messages)))
        assert first.state is SyncState.SENDING


async def test_an_answer_to_what_was_not_sent_is_not_listened_to(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        together = await taken(record)
        stray = Acknowledged(message_id=doors.name("ack"), sync_request_id="syn_of_somebody", result="positive")
        done = await settle(record.session, SCOPE, together, Fates(answers=(stray,)))
        assert done.counts["sent_together"] == 0
