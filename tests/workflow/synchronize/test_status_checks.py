"""Somebody has the DERMS asked now: news of other requests, or of a turn, undo no such wish."""

import pytest

from models.messages.synchronization import SyncTurn
from workflows.parking import Parking
from workflows.record import Record
from workflows.steps.synchronize import Synchronize


@pytest.mark.parametrize("later", [SyncTurn(), SyncTurn(sync_request_id="syn_1"), SyncTurn(sync_request_id="syn_2")])
def test_a_later_plain_turn_does_not_undo_an_ask(later: SyncTurn) -> None:
    synchronize = Synchronize(Record(Parking()), 900.0)
    synchronize._sync_request_id = "syn_1"
    synchronize.record_turn(SyncTurn(sync_request_id="syn_1", ask=True))
    synchronize.record_turn(later)
    assert synchronize._status_requested


def test_an_ask_about_another_request_hurries_nothing() -> None:
    synchronize = Synchronize(Record(Parking()), 900.0)
    synchronize._sync_request_id = "syn_1"
    synchronize.record_turn(SyncTurn(sync_request_id="syn_2", ask=True))
    assert not synchronize._status_requested
