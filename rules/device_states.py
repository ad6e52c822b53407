"""The states that a device goes through when it comes to take part, and when another takes its place."""

from models.classifications import AssetOwnership
from models.states.device import DeviceState

_D = DeviceState
_REUSABLE_CONDITIONS = frozenset({"working", "works", "reusable", "good", "no fault"})


def states_when_enrolled(state: DeviceState) -> tuple[DeviceState, ...]:
    """The path of a device that takes part from now on; one that was retired has none."""
    if state is _D.ENROLLED:
        return ()
    return (_D.ENROLLED,) if state in (_D.INSTALLED, _D.FAULTY) else (_D.INSTALLED, _D.ENROLLED)


def states_when_replaced(
    state: DeviceState, ownership: AssetOwnership, condition: str | None
) -> tuple[DeviceState, ...]:
    """The path of a device that was replaced: the utility's own comes back to it; a customer's is retired, unless the
    technician found that it works."""
    path = {_D.NEW: (_D.INSTALLED, _D.FAULTY, _D.REMOVED), _D.FAULTY: (_D.REMOVED,), _D.REMOVED: ()}.get(
        state, (_D.FAULTY, _D.REMOVED)
    )
    if state is _D.RETIRED:
        return ()
    kept = ownership is AssetOwnership.UTILITY_OWNED or (condition or "").strip().casefold() in _REUSABLE_CONDITIONS
    return path if kept else (*path, _D.RETIRED)
