"""A status query of the DERMS on request is not undone by other signals."""

import pytest

from models.messages.synchronization import SyncTurn
from workflows.parking import Parking
from workflows.record import Record
from workflows.steps.synchronize import Synchronize


@pytest.mark.parametrize("later", [SyncTurn(), SyncTurn(sync_request_id="syn_1"), SyncTurn(sync_request_id="syn_2")])
def test_a_later_turn_signal_does_not_undo_a_status_query(later: SyncTurn) -> None:
    synchronize = Synchronize(Record(Parking()), 900.0)
    synchronize._sync_request_id = "syn_1"
    synchronize.record_turn(SyncTurn(sync_request_id="syn_1", ask=True))
    synchronize.record_turn(later)
    assert synchronize._status_requested


def test_a_status_query_for_another_request_changes_nothing() -> None:
    synchronize = Synchronize(Record(Parking()), 900.0)
    synchronize._sync_request_id = "syn_1"
    synchronize.record_turn(SyncTurn(sync_request_id="syn_2", ask=True))
    assert not synchronize._status_requested
