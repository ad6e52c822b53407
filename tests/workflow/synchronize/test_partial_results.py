"""Each device has its own registration; the request is synchronized only when every device is."""

from models.messages.synchronization import SyncOutcome
from models.states.enrollment import RegistrationState
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


async def test_a_device_missing_from_a_status_answer_parks_the_request(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        flow.derms.taken[flow.record.key] = await flow.acknowledge(devices=[said(CHARGER)])
        await flow.skip_time(minutes=16)
        assert "devices-unanswered" in await flow.wait_until_parked()


async def test_a_failed_device_parks_the_request_and_the_other_stays_registered(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", devices=[said(CHARGER), said(BATTERY, "failed")]) as flow:
        assert "device-failed" in await flow.wait_until_parked()
        assert list(flow.record.registrations.values()) == [
            RegistrationState.REGISTERED,
            RegistrationState.REGISTRATION_FAILED,
        ]


async def test_a_failed_device_is_registered_by_the_retry(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", devices=[said(CHARGER), said(BATTERY, "failed")]) as flow:
        await flow.wait_until_parked()
        flow.activities.answer = {}
        await flow.retry_sync_request()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.record.registrations[BATTERY] is RegistrationState.REGISTERED


async def test_unknown_devices_in_an_acknowledgement_change_nothing(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", devices=[said(CHARGER), said(BATTERY), said("dev_unheard_of")]) as flow:
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert set(flow.record.registrations) == set(DEVICES)
