"""Acknowledgements of devices that are being deregistered, beside those that stay."""

from typing import Any

from models.messages.synchronization import DermsAcknowledgement
from models.states.subscription import RegistrationState
from models.states.sync_request import SyncState
from rules.synchronization.acknowledgements import (
    DEVICE_FAILED,
    DEVICES_UNANSWERED,
    AcknowledgementEffect,
    evaluate_acknowledgement,
)
from wording.sync_request import describe_effect

R = RegistrationState
OLD, NEW = "dev_old", "dev_new"


def effect(registrations: dict[str, RegistrationState], *, asked: bool = False, **said: str) -> AcknowledgementEffect:
    devices: list[dict[str, Any]] = [{"device_id": f"dev_{name}", "registration": what} for name, what in said.items()]
    ack = DermsAcknowledgement.model_validate(
        {"message_id": "m-1", "sync_request_id": "syn_1", "result": "positive", "devices": devices}
    )
    waiting = SyncState.AWAITING_ACKNOWLEDGEMENT
    return evaluate_acknowledgement(ack, waiting, 1, registrations, outcome_unknown=False, asked=asked)


def test_a_released_device_is_deregistered() -> None:
    found = effect({OLD: R.REMOVING}, old="deregistered")
    assert (found.state, found.devices) == (SyncState.SYNCHRONIZED, ((OLD, R.DEREGISTERED, ""),))


def test_an_unreleased_device_stays_deregistering_and_is_parked() -> None:
    found = effect({OLD: R.REMOVING}, old="failed")
    assert (found.state, found.code, found.devices) == (SyncState.ERROR, DEVICE_FAILED, ())
    assert [device for device, _ in found.not_released] == [OLD]


def test_a_still_registered_device_stays_deregistering() -> None:
    found = effect({OLD: R.REMOVING}, old="registered")
    assert (found.state, found.devices) == (SyncState.ERROR, ())


def test_the_replacement_is_registered_and_the_old_device_released() -> None:
    found = effect({OLD: R.REMOVING, NEW: R.REGISTERING}, old="deregistered", new="registered")
    assert found.state is SyncState.SYNCHRONIZED
    assert {device: after for device, after, _ in found.devices} == {OLD: R.DEREGISTERED, NEW: R.REGISTERED}


def test_a_refused_replacement_does_not_restore_the_old_device() -> None:
    found = effect({OLD: R.REMOVING, NEW: R.REGISTERING}, old="deregistered", new="failed")
    assert found.state is SyncState.ERROR
    assert "could not register 1 of 2" in describe_effect(found)


def test_a_missing_device_is_awaited() -> None:
    assert effect({OLD: R.REMOVING, NEW: R.REGISTERED}, new="registered").state is SyncState.AWAITING_ACKNOWLEDGEMENT


def test_a_device_missing_from_a_status_answer_is_parked() -> None:
    assert effect({OLD: R.REMOVING}, asked=True).code == DEVICES_UNANSWERED


def test_a_device_released_before_needs_no_second_answer() -> None:
    assert effect({OLD: R.DEREGISTERED, NEW: R.REGISTERING}, new="registered").state is SyncState.SYNCHRONIZED


def test_ended_and_future_devices_are_not_awaited() -> None:
    registrations = {"dev_kept": R.KEPT, "dev_away": R.REMOVED, "dev_to_come": R.PROPOSED, NEW: R.REGISTERING}
    assert effect(registrations, new="registered").state is SyncState.SYNCHRONIZED
