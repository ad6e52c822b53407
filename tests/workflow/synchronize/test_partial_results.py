"""Each device has its own registration; the request is synchronized only when every device is."""

from models.messages.synchronization import SyncOutcome
from models.states.subscription import RegistrationState
from tests.workflow.stand_ins.enrollment import DEVICES
from tests.workflow.stand_ins.enrollment_run import StartEnrollment

CHARGER, BATTERY = DEVICES


def said(device: str, registration: str = "registered") -> dict[str, str]:
    return {"device_id": device, "registration": registration}


async def test_devices_acknowledged_one_by_one_synchronize_with_the_last(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.acknowledge(devices=[said(CHARGER)])
        await run.wait_until(lambda: run.record.registrations[CHARGER] is RegistrationState.REGISTERED)
        assert run.record.registrations[BATTERY] is RegistrationState.REGISTERING
        await run.wait_for_acknowledgement_wait()
        await run.acknowledge(devices=[said(BATTERY)])
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_device_missing_from_a_status_answer_parks_the_request(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        run.derms.taken[run.record.key] = await run.acknowledge(devices=[said(CHARGER)])
        await run.skip_time(minutes=16)
        assert "devices-unanswered" in await run.wait_until_parked()


async def test_a_failed_device_parks_the_request_and_the_other_stays_registered(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", devices=[said(CHARGER), said(BATTERY, "failed")]) as run:
        assert "device-failed" in await run.wait_until_parked()
        assert list(run.record.registrations.values()) == [
            RegistrationState.REGISTERED,
            RegistrationState.REGISTRATION_FAILED,
        ]


async def test_a_failed_device_is_registered_by_the_retry(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", devices=[said(CHARGER), said(BATTERY, "failed")]) as run:
        await run.wait_until_parked()
        run.activities.answer = {}
        await run.retry_sync_request()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert run.record.registrations[BATTERY] is RegistrationState.REGISTERED


async def test_unknown_devices_in_an_acknowledgement_change_nothing(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", devices=[said(CHARGER), said(BATTERY), said("dev_unheard_of")]) as run:
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert set(run.record.registrations) == set(DEVICES)
