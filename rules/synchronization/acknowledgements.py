"""What an acknowledgement changes: the state of the request, and of each device it names.

See docs/domain.md#acknowledgements.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.messages.synchronization import DermsAcknowledgement
from models.states.subscription import REGISTRATION_TRANSITIONS, RegistrationState
from models.states.sync_request import SyncState

DEVICE_FAILED = "device-failed"
DEVICES_UNANSWERED = "devices-unanswered"
REJECTED = "derms-rejected"

_REGISTRATION_BY_ANSWER = {
    "registered": RegistrationState.REGISTERED,
    "failed": RegistrationState.REGISTRATION_FAILED,
    "deregistered": RegistrationState.DEREGISTERED,
}
_AWAITING_ANSWER = frozenset({SyncState.SENDING, SyncState.AWAITING_ACKNOWLEDGEMENT})
REMOVAL_STATES = frozenset({RegistrationState.REMOVING, RegistrationState.DEREGISTERED})
"""Being removed: messages report them to the DERMS as removed or replaced."""

_PARTICIPATING_STATES = frozenset(
    {RegistrationState.REGISTERING, RegistrationState.REGISTERED, RegistrationState.REGISTRATION_FAILED}
)
REPORTED_STATES = REMOVAL_STATES | _PARTICIPATING_STATES
"""The registrations that messages report: neither those not installed yet, nor those removed for good."""

_ANSWERED_STATES = REPORTED_STATES - {RegistrationState.REGISTERING, RegistrationState.REMOVING}


@dataclass(frozen=True, slots=True)
class AcknowledgementEffect:
    """`state` is None when nothing changes; `outcome` is what the inbox keeps of the acknowledgement."""

    outcome: str
    state: SyncState | None = None
    devices: tuple[tuple[str, RegistrationState, str], ...] = ()
    not_released: tuple[tuple[str, str], ...] = ()
    """Devices that shall leave and that the DERMS did not let go, with what it said: they stay where they are."""
    code: str = ""
    text: str = ""
    """What the DERMS said of a rejection."""
    device_count: int = 0
    failed: int = 0
    unanswered: int = 0
    """Of the `device_count` devices that the request is about: how many were not registered, and not mentioned."""


def describe_ignored(state: SyncState) -> str:
    """What becomes of an acknowledgement of a request that listens to none."""
    return f"ignored: the sync request is {state}"


def _device_changes(
    ack: DermsAcknowledgement, registrations: Mapping[str, RegistrationState]
) -> tuple[tuple[str, RegistrationState, str], ...]:
    """What it says of our devices, as far as that can follow from where they stand; devices it invents are left out.

    A device being removed can only be released: reported as still registered, it stays in removal.
    """
    said = [(device.device_id, _REGISTRATION_BY_ANSWER[device.registration], device.message) for device in ack.devices]
    return tuple(
        (device, after, message)
        for device, after, message in said
        if device in registrations
        and after in REGISTRATION_TRANSITIONS[registrations[device]]
        and (after is RegistrationState.DEREGISTERED or registrations[device] not in REMOVAL_STATES)
    )


def _devices_not_released(
    ack: DermsAcknowledgement, registrations: Mapping[str, RegistrationState]
) -> tuple[tuple[str, str], ...]:
    return tuple(
        (device.device_id, device.message)
        for device in ack.devices
        if registrations.get(device.device_id) is RegistrationState.REMOVING and device.registration != "deregistered"
    )


def evaluate_acknowledgement(
    ack: DermsAcknowledgement,
    state: SyncState,
    revision: int,
    registrations: Mapping[str, RegistrationState],
    *,
    outcome_unknown: bool,
    asked: bool,
) -> AcknowledgementEffect:
    """What follows from the acknowledgement for a request in that state.

    `outcome_unknown`: the request is in error only because no answer came, so an answer is welcome after all.
    `asked`: it is the DERMS' answer to our question, so that it will not report later on devices that it leaves out.
    """
    if ack.version is not None and ack.version != revision:
        return AcknowledgementEffect(f"ignored: it answers version {ack.version}, version {revision} is in question")
    if state not in _AWAITING_ANSWER and not (state is SyncState.ERROR and outcome_unknown):
        return AcknowledgementEffect(describe_ignored(state))
    changes, not_released = _device_changes(ack, registrations), _devices_not_released(ack, registrations)
    moved = {device: registration for device, registration, _ in changes}
    after = {device: moved.get(device, before) for device, before in registrations.items() if before in REPORTED_STATES}
    if ack.result == "negative":
        return AcknowledgementEffect(
            "applied: negative", SyncState.ERROR, changes, not_released, ack.code or REJECTED, ack.text
        )
    failed = [device for device, registration in after.items() if registration is RegistrationState.REGISTRATION_FAILED]
    if failed or not_released:
        return AcknowledgementEffect(
            "applied: a device failed",
            SyncState.ERROR,
            changes,
            not_released,
            DEVICE_FAILED,
            device_count=len(after),
            failed=len(failed),
        )
    open_devices = [device for device, registration in after.items() if registration not in _ANSWERED_STATES]
    if not open_devices:
        return AcknowledgementEffect("applied: positive", SyncState.SYNCHRONIZED, changes)
    if asked:
        return AcknowledgementEffect(
            "applied: devices left open",
            SyncState.ERROR,
            changes,
            code=DEVICES_UNANSWERED,
            device_count=len(after),
            unanswered=len(open_devices),
        )
    return AcknowledgementEffect("applied: devices left open", SyncState.AWAITING_ACKNOWLEDGEMENT, changes)
