"""The truth is kept device by device; the request is synchronized only when every device is."""

from models.messages.synchronization import SyncOutcome
from models.states.subscription import RegistrationState
from tests.workflow.conftest import StartEnrollment
from tests.workflow.stand_ins.enrollment import DEVICES

CHARGER, BATTERY = DEVICES


def said(device: str, registration: str = "registered") -> dict[str, str]:
    return {"device_id": device, "registration": registration}


async def test_devices_acknowledged_one_by_one_synchronize_with_the_last(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.acknowledge(devices=[said(CHARGER)])
        await flow.wait_until(lambda: flow.record.registrations[CHARGER] is RegistrationState.REGISTERED)
        assert flow.record.registrations[BATTERY] is RegistrationState.REGISTERING
        await flow.wait_for_acknowledgement_wait()
        await flow.acknowledge(devices=[said(BATTERY)])
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_device_left_out_of_the_answer_to_our_question_calls_a_person(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        flow.derms.taken[flow.record.key] = await flow.acknowledge(devices=[said(CHARGER)])
        await flow.skip_time(minutes=16)
        assert "devices-unanswered" in await flow.wait_until_parked()


async def test_a_failed_device_calls_a_person_and_the_other_stays_registered(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", devices=[said(CHARGER), said(BATTERY, "failed")]) as flow:
        assert "device-failed" in await flow.wait_until_parked()
        assert list(flow.record.registrations.values()) == [
            RegistrationState.REGISTERED,
            RegistrationState.REGISTRATION_FAILED,
        ]


async def test_a_device_that_failed_is_registered_by_the_retry(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", devices=[said(CHARGER), said(BATTERY, "failed")]) as flow:
        await flow.wait_until_parked()
        flow.activities.answer = {}
        await flow.retry_sync_request()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.record.registrations[BATTERY] is RegistrationState.REGISTERED


async def test_devices_that_the_derms_invents_change_nothing(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", devices=[said(CHARGER), said(BATTERY), said("dev_unheard_of")]) as flow:
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert set(flow.record.registrations) == set(DEVICES)
