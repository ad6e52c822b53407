"""Which differences between the DERMS and our record are told."""

import pytest

from models.batches import BatchFindingKind
from models.states.subscription import RegistrationState
from rules.synchronization.reconciliation import DeviceRecord, can_resend, find_difference

R = RegistrationState


@pytest.mark.parametrize("registration", [R.REGISTRATION_FAILED, R.REGISTERING, R.DEREGISTERED, R.REMOVED, R.KEPT])
def test_held_by_the_derms_and_not_registered_with_us_is_a_difference(registration: RegistrationState) -> None:
    assert (
        find_difference("enrolled", DeviceRecord(registration, has_message_in_progress=False))
        is BatchFindingKind.STATE_DIFFERS
    )


def test_ended_by_the_derms_and_registered_with_us_is_a_difference() -> None:
    assert (
        find_difference("removed", DeviceRecord(R.REGISTERED, has_message_in_progress=False))
        is BatchFindingKind.STATE_DIFFERS
    )


@pytest.mark.parametrize("theirs", ["enrolled", "removed"])
@pytest.mark.parametrize("registration", list(R))
def test_what_is_under_way_may_still_settle(theirs: str, registration: RegistrationState) -> None:
    assert find_difference(theirs, DeviceRecord(registration, has_message_in_progress=True)) is None


@pytest.mark.parametrize(("theirs", "registration"), [("enrolled", R.REGISTERED), ("removed", R.REMOVED)])
def test_what_agrees_is_no_difference(theirs: str, registration: RegistrationState) -> None:
    assert find_difference(theirs, DeviceRecord(registration, has_message_in_progress=False)) is None


def test_a_stranger_is_told_while_the_derms_controls_it() -> None:
    assert find_difference("enrolled", None) is BatchFindingKind.UNKNOWN_TO_US
    assert find_difference("removed", None) is None


def test_sending_again_helps_only_where_a_message_names_the_device() -> None:
    assert {one for one in R if can_resend(one)} == set(R) - {R.PROPOSED, R.INSTALLED, R.REMOVED, R.KEPT}
