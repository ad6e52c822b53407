"""A device that the DERMS lost is sent although nothing is new, whatever it is merged with."""

from models.states.sync_request import SyncKind, SyncState
from rules.synchronization.order import EarlierRequest, plan_sync_request


def test_an_update_merged_with_an_initial_load_is_an_initial_load() -> None:
    load = EarlierRequest("syn_load", 2, SyncKind.CUSTOMER_ASSET_LOAD, SyncState.PENDING, 0)
    enrolled = EarlierRequest("syn_enroll", 1, SyncKind.ENROLL, SyncState.SYNCHRONIZED, 1)
    chosen = plan_sync_request(SyncKind.UPDATE, [load, enrolled], anyone_enrolled=True)
    assert (chosen.kind, chosen.merged) == (SyncKind.CUSTOMER_ASSET_LOAD, ("syn_load",))
