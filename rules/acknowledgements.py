"""What an acknowledgement changes: the state of the request, and of each device it names (DOMAIN.md 4, 5.5)."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.messages.synchronize import Acknowledged
from models.states import REGISTRATION_TRANSITIONS, RegistrationState, SyncState

DEVICE_FAILED = "device-failed"
DEVICES_UNANSWERED = "devices-unanswered"
REJECTED = "derms-rejected"

_SAID = {
    "registered": RegistrationState.REGISTERED,
    "failed": RegistrationState.REGISTRATION_FAILED,
    "deregistered": RegistrationState.DEREGISTERED,
}
_LISTENING = frozenset({SyncState.SENDING, SyncState.AWAITING_ACKNOWLEDGEMENT})
_ANSWERED = frozenset(
    {RegistrationState.REGISTERED, RegistrationState.REGISTRATION_FAILED, RegistrationState.DEREGISTERED}
)


@dataclass(frozen=True, slots=True)
class Effect:
    """`state` is None when nothing changes; `outcome` says in words what became of the acknowledgement."""

    outcome: str
    state: SyncState | None = None
    devices: tuple[tuple[str, RegistrationState, str], ...] = ()
    code: str = ""
    text: str = ""


def _told(
    ack: Acknowledged, registrations: Mapping[str, RegistrationState]
) -> tuple[tuple[str, RegistrationState, str], ...]:
    """What it says of our devices, as far as that can follow from where they stand; devices it invents are left out."""
    said = [(device.device_id, _SAID[device.registration], device.message) for device in ack.devices]
    return tuple(
        (device, after, message)
        for device, after, message in said
        if device in registrations and after in REGISTRATION_TRANSITIONS[registrations[device]]
    )


def effect_of(
    ack: Acknowledged,
    state: SyncState,
    revision: int,
    registrations: Mapping[str, RegistrationState],
    *,
    outcome_unknown: bool,
    asked: bool,
) -> Effect:
    """What follows from the acknowledgement for a request in that state.

    `outcome_unknown`: the request is in error only because no answer came, so an answer is welcome after all.
    `asked`: it is the DERMS' answer to our question, so that devices it leaves out will not be told later.
    """
    if ack.version is not None and ack.version != revision:
        return Effect(f"ignored: it answers version {ack.version}, version {revision} is in question")
    if state not in _LISTENING and not (state is SyncState.ERROR and outcome_unknown):
        return Effect(f"ignored: the sync request is {state}")
    told = _told(ack, registrations)
    after = {**registrations, **{device: registration for device, registration, _ in told}}
    open_devices = [device for device, registration in after.items() if registration not in _ANSWERED]
    failed = [device for device, registration in after.items() if registration is RegistrationState.REGISTRATION_FAILED]
    if ack.result == "negative":
        return Effect("applied: negative", SyncState.ERROR, told, ack.code or REJECTED, ack.text)
    if failed:
        text = f"The DERMS could not register {len(failed)} of {len(after)} device(s)."
        return Effect("applied: a device failed", SyncState.ERROR, told, DEVICE_FAILED, text)
    if not open_devices:
        return Effect("applied: positive", SyncState.SYNCHRONIZED, told)
    text = f"The DERMS said nothing of {len(open_devices)} of {len(after)} device(s)."
    if asked:
        return Effect("applied: devices left open", SyncState.ERROR, told, DEVICES_UNANSWERED, text)
    return Effect("applied: devices left open", SyncState.AWAITING_ACKNOWLEDGEMENT, told)
