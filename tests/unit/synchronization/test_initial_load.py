"""What the DERMS lost is sent though nothing is new, whatever is joined with it."""

from models.states.sync_request import SyncKind, SyncState
from rules.synchronization.order import EarlierRequest, plan_sync_request


def test_an_update_joined_with_a_load_is_a_load() -> None:
    load = EarlierRequest("syn_load", 2, SyncKind.CUSTOMER_ASSET_LOAD, SyncState.PENDING, 0)
    enrolled = EarlierRequest("syn_enroll", 1, SyncKind.ENROLL, SyncState.SYNCHRONIZED, 1)
    chosen = plan_sync_request(SyncKind.UPDATE, [load, enrolled], anyone_enrolled=True)
    assert (chosen.kind, chosen.merged) == (SyncKind.CUSTOMER_ASSET_LOAD, ("syn_load",))
