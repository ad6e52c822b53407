"""What the DERMS lost is sent though nothing is new, whatever is joined with it."""

from models.states import SyncKind, SyncState
from rules.sync_order import Told, plan


def test_an_update_joined_with_a_load_is_a_load() -> None:
    load = Told("syn_load", 2, SyncKind.CUSTOMER_ASSET_LOAD, SyncState.PENDING, 0)
    enrolled = Told("syn_enroll", 1, SyncKind.ENROLL, SyncState.SYNCHRONIZED, 1)
    chosen = plan(SyncKind.UPDATE, [load, enrolled], anyone_enrolled=True)
    assert (chosen.kind, chosen.joined) == (SyncKind.CUSTOMER_ASSET_LOAD, ("syn_load",))
