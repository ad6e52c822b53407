"""The states of a device that joins a program, and of one that is replaced."""

import pytest

from models.classifications import AssetOwnership
from models.states.device import DEVICE_TRANSITIONS, DeviceState
from rules.device_states import states_when_enrolled, states_when_replaced
from wording.problems.transitions import check_transition

_D = DeviceState
UTILITY, CUSTOMER = AssetOwnership.UTILITY_OWNED, AssetOwnership.CUSTOMER_OWNED


def _end(state: DeviceState, *path: DeviceState) -> DeviceState:
    """Return where a path of legal transitions ends."""
    for after in path:
        check_transition(DEVICE_TRANSITIONS, "dev_one", state, after)
        state = after
    return state


@pytest.mark.parametrize("state", [state for state in _D if state is not _D.RETIRED])
def test_a_device_joins_by_legal_transitions_from_any_state(state: DeviceState) -> None:
    assert _end(state, *states_when_enrolled(state)) is _D.ENROLLED


@pytest.mark.parametrize(
    ("ownership", "condition", "end"),
    [
        (UTILITY, "burnt", _D.REMOVED),
        (UTILITY, None, _D.REMOVED),
        (CUSTOMER, "burnt", _D.RETIRED),
        (CUSTOMER, None, _D.RETIRED),
        (CUSTOMER, " Working ", _D.REMOVED),
    ],
)
def test_a_replaced_utility_device_returns_and_a_broken_customer_device_is_retired(
    ownership: AssetOwnership, condition: str | None, end: DeviceState
) -> None:
    assert states_when_replaced(_D.ENROLLED, ownership, condition)[-1] is end


@pytest.mark.parametrize("state", list(_D))
@pytest.mark.parametrize("ownership", [UTILITY, CUSTOMER])
def test_a_device_leaves_by_legal_transitions_from_any_state(state: DeviceState, ownership: AssetOwnership) -> None:
    assert _end(state, *states_when_replaced(state, ownership, None)) in (_D.REMOVED, _D.RETIRED)
