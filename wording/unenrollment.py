"""What people are told who asked to leave a program: what happens next, and what they can do."""

from models.classifications import RemovalMethod
from models.states.sync_request import SyncState
from models.states.unenrollment import UNENROLLMENT_TRANSITIONS, UnenrollmentState

_U = UnenrollmentState

_NEXT_STEPS: dict[UnenrollmentState, str] = {
    _U.SUBMITTED: "The request was received and is checked next.",
    _U.AWAITING_APPROVAL: "A program manager has to approve the request; until then nothing changes.",
    _U.SCHEDULED: "Nothing until the day named; then the devices leave. It can be taken back until then.",
    _U.REMOVING: "Devices are being fetched or awaited.",
    _U.RECOVERY_PENDING: "The customer has left and nothing is controlled; a device has yet to be fetched.",
    _U.REJECTED: "The request cannot stand, and its reason says why; the customer takes part as before.",
    _U.CANCELLED: "The request was taken back; the customer takes part as before.",
    _U.NEEDS_ATTENTION: "A device could not be fetched and an operator has been called.",
}

_NEXT_STEPS_WHEN_UNENROLLED: dict[SyncState, str] = {
    SyncState.PENDING: "{who} left; the DERMS is told next.",
    SyncState.SENDING: "{who} left; the DERMS is being told.",
    SyncState.AWAITING_ACKNOWLEDGEMENT: "{who} left; the DERMS has been told and has yet to acknowledge.",
    SyncState.SYNCHRONIZED: "{who} left and the DERMS holds the devices no more; nothing is left to do.",
    SyncState.ERROR: "{who} left, but the DERMS still holds devices; an operator repairs it.",
    SyncState.DISCARDED: "{who} left; the DERMS had nothing to forget.",
    SyncState.CANCELLED: "{who} left; the DERMS will not be told and still holds devices.",
}

_REMOVAL_STATES = (_U.REMOVING, _U.NEEDS_ATTENTION, _U.RECOVERY_PENDING)


def unenrollment_next_step(
    state: UnenrollmentState, synchronization: SyncState | None, waits_for: str = "", *, whole: bool = True
) -> str:
    """What happens next with an unenrolment in that state. `waits_for`: what telling the DERMS waits for, in words.
    `whole`: nobody takes part any more, rather than some of several devices."""
    who = "The customer has" if whole else "These devices have"
    if state is _U.UNENROLLED:
        if waits_for:
            return f"{who} left; the DERMS is told as soon as its turn has come. It waits for {waits_for}."
        return _NEXT_STEPS_WHEN_UNENROLLED[synchronization or SyncState.DISCARDED].format(who=who)
    return _NEXT_STEPS[state]


def unenrollment_actions(state: UnenrollmentState, *, a_device_left: bool) -> tuple[str, ...]:
    """What can be done with an unenrolment: the names of its doors."""
    actions = ["approval"] if state is _U.AWAITING_APPROVAL else []
    if _U.CANCELLED in UNENROLLMENT_TRANSITIONS[state] and not a_device_left:
        actions.append("cancel")
    if state in (_U.NEEDS_ATTENTION, _U.RECOVERY_PENDING):
        actions.append("retry")
    return tuple(actions)


def removal_actions(state: UnenrollmentState, method: RemovalMethod, ended: str | None) -> tuple[str, ...]:
    """What can be done with one device of it: the names of its doors."""
    if ended or state not in _REMOVAL_STATES:
        return ()
    return ("received", "kept") if method is RemovalMethod.SHIP_BACK else ("kept",)


def suggest_instead_of_receipt(method: RemovalMethod) -> str:
    """What helps who reports a device as come that is not to be shipped back."""
    if method is RemovalMethod.KEEP:
        return "Nothing needs to be done: the device stays where it is."
    return "A technician reports what they fetched: POST /v1/work-orders/{id}/completion."
