"""A device on its way out goes as far as the DERMS has confirmed, and never back."""

import pytest

from models.states.subscription import REGISTRATION_TRANSITIONS, RegistrationState
from rules.registration_states import states_when_released, states_when_unenrolled

_R = RegistrationState


@pytest.mark.parametrize("registration", RegistrationState)
def test_every_step_is_one_that_the_table_has(registration: RegistrationState) -> None:
    for path in (
        states_when_unenrolled(registration),
        states_when_released(registration, kept=True),
        states_when_released(registration, kept=False),
    ):
        assert all(after in REGISTRATION_TRANSITIONS[registration] for after in path)
        assert len(path) <= 1


@pytest.mark.parametrize("registration", [_R.REGISTERING, _R.REGISTERED, _R.REGISTRATION_FAILED, _R.INSTALLED])
def test_what_the_derms_may_know_it_must_let_go_of(registration: RegistrationState) -> None:
    assert states_when_unenrolled(registration) == (_R.REMOVING,)


@pytest.mark.parametrize("registration", [_R.REMOVING, _R.DEREGISTERED, _R.REMOVED, _R.KEPT])
def test_who_leaves_already_leaves_once(registration: RegistrationState) -> None:
    assert states_when_unenrolled(registration) == ()


def test_nothing_settles_before_the_derms_has_let_go() -> None:
    assert [registration for registration in RegistrationState if states_when_released(registration, kept=True)] == [
        _R.DEREGISTERED
    ]


def test_it_settles_as_it_ended() -> None:
    assert states_when_released(_R.DEREGISTERED, kept=True) == (_R.KEPT,)
    assert states_when_released(_R.DEREGISTERED, kept=False) == (_R.REMOVED,)
