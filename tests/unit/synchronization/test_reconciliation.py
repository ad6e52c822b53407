"""Which differences between the DERMS and our record are reported."""

import pytest

from models.batches import BatchFindingKind
from models.states.subscription import RegistrationState
from rules.synchronization.reconciliation import DeviceRecord, can_resend, find_difference

R = RegistrationState


@pytest.mark.parametrize("registration", [R.REGISTRATION_FAILED, R.REGISTERING, R.DEREGISTERED, R.REMOVED, R.KEPT])
def test_a_resource_not_registered_with_us_is_a_difference(registration: RegistrationState) -> None:
    assert (
        find_difference("enrolled", DeviceRecord(registration, has_message_in_progress=False))
        is BatchFindingKind.STATE_DIFFERS
    )


def test_a_registered_device_that_the_derms_ended_is_a_difference() -> None:
    assert (
        find_difference("removed", DeviceRecord(R.REGISTERED, has_message_in_progress=False))
        is BatchFindingKind.STATE_DIFFERS
    )


@pytest.mark.parametrize("theirs", ["enrolled", "removed"])
@pytest.mark.parametrize("registration", list(R))
def test_pending_changes_are_no_differences(theirs: str, registration: RegistrationState) -> None:
    assert find_difference(theirs, DeviceRecord(registration, has_message_in_progress=True)) is None


@pytest.mark.parametrize(("theirs", "registration"), [("enrolled", R.REGISTERED), ("removed", R.REMOVED)])
def test_equal_records_are_no_difference(theirs: str, registration: RegistrationState) -> None:
    assert find_difference(theirs, DeviceRecord(registration, has_message_in_progress=False)) is None


def test_an_unknown_resource_is_a_difference_while_controlled() -> None:
    assert find_difference("enrolled", None) is BatchFindingKind.UNKNOWN_TO_US
    assert find_difference("removed", None) is None


def test_resending_helps_only_if_a_message_names_the_device() -> None:
    assert {one for one in R if can_resend(one)} == set(R) - {R.PROPOSED, R.INSTALLED, R.REMOVED, R.KEPT}
