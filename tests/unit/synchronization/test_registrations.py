"""The registration of a device that leaves follows what the DERMS has confirmed, and never goes back."""

import pytest

from models.states.subscription import REGISTRATION_TRANSITIONS, RegistrationState
from rules.registration_states import states_when_released, states_when_unenrolled

_R = RegistrationState


@pytest.mark.parametrize("registration", RegistrationState)
def test_every_step_is_in_the_transition_table(registration: RegistrationState) -> None:
    for path in (
        states_when_unenrolled(registration),
        states_when_released(registration, kept=True),
        states_when_released(registration, kept=False),
    ):
        assert all(after in REGISTRATION_TRANSITIONS[registration] for after in path)
        assert len(path) <= 1


@pytest.mark.parametrize("registration", [_R.REGISTERING, _R.REGISTERED, _R.REGISTRATION_FAILED, _R.INSTALLED])
def test_devices_known_to_the_derms_must_be_deregistered(registration: RegistrationState) -> None:
    assert states_when_unenrolled(registration) == (_R.REMOVING,)


@pytest.mark.parametrize("registration", [_R.REMOVING, _R.DEREGISTERED, _R.REMOVED, _R.KEPT])
def test_a_deregistering_device_is_not_deregistered_again(registration: RegistrationState) -> None:
    assert states_when_unenrolled(registration) == ()


def test_no_registration_ends_before_the_derms_releases_it() -> None:
    assert [registration for registration in RegistrationState if states_when_released(registration, kept=True)] == [
        _R.DEREGISTERED
    ]


def test_the_final_registration_follows_the_end() -> None:
    assert states_when_released(_R.DEREGISTERED, kept=True) == (_R.KEPT,)
    assert states_when_released(_R.DEREGISTERED, kept=False) == (_R.REMOVED,)
