"""What a device goes through when it comes to take part, and when another takes its place."""

import pytest

from models.classifications import AssetOwnership
from models.states.device import DEVICE_TRANSITIONS, DeviceState
from rules.device_states import states_when_enrolled, states_when_replaced
from wording.transitions import check_transition

_D = DeviceState
UTILITY, CUSTOMER = AssetOwnership.UTILITY_OWNED, AssetOwnership.CUSTOMER_OWNED


def _end(state: DeviceState, *path: DeviceState) -> DeviceState:
    """Where a path of legal steps ends."""
    for after in path:
        check_transition(DEVICE_TRANSITIONS, "dev_one", state, after)
        state = after
    return state


@pytest.mark.parametrize("state", [state for state in _D if state is not _D.RETIRED])
def test_a_device_takes_part_by_legal_steps_from_wherever_it_stands(state: DeviceState) -> None:
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
def test_the_utilitys_device_comes_back_and_the_customers_is_retired_unless_it_works(
    ownership: AssetOwnership, condition: str | None, end: DeviceState
) -> None:
    assert states_when_replaced(_D.ENROLLED, ownership, condition)[-1] is end


@pytest.mark.parametrize("state", list(_D))
@pytest.mark.parametrize("ownership", [UTILITY, CUSTOMER])
def test_a_device_leaves_by_legal_steps_from_wherever_it_stands(state: DeviceState, ownership: AssetOwnership) -> None:
    assert _end(state, *states_when_replaced(state, ownership, None)) in (_D.REMOVED, _D.RETIRED)
