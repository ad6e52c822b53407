"""Somebody has the DERMS asked now: news of other requests, or of a turn, undo no such wish."""

from datetime import timedelta

import pytest

from models.messages.synchronize import SyncTurn
from workflows.parking import Parking
from workflows.synchronize import Synchronize


@pytest.mark.parametrize("later", [SyncTurn(), SyncTurn(sync_request_id="syn_1"), SyncTurn(sync_request_id="syn_2")])
def test_a_later_plain_turn_does_not_undo_an_ask(later: SyncTurn) -> None:
    synchronize = Synchronize(Parking(), timedelta(minutes=15))
    synchronize._about = "syn_1"
    synchronize.turn_came(SyncTurn(sync_request_id="syn_1", ask=True))
    synchronize.turn_came(later)
    assert synchronize._hurried


def test_an_ask_about_another_request_hurries_nothing() -> None:
    synchronize = Synchronize(Parking(), timedelta(minutes=15))
    synchronize._about = "syn_1"
    synchronize.turn_came(SyncTurn(sync_request_id="syn_2", ask=True))
    assert not synchronize._hurried
