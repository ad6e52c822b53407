"""A waitlisted request waits as long as it takes; a freed place has it decided again."""

from models.messages.enroll import PlaceFreed, Stage
from models.messages.synchronize import SyncOutcome
from models.states import EnrollmentState
from tests.flow.conftest import EnrollOne
from workflows.enroll import Enroll


async def test_a_freed_place_wakes_the_request(enroll: EnrollOne) -> None:
    async with enroll(moods="answers", decisions=["waitlisted", "enrolled"]) as flow:
        await flow.until_stage(Stage.WAITLISTED)
        await flow.handle.signal(Enroll.place_freed, PlaceFreed())
        result = await flow.result()
        assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.SYNCHRONIZED)


async def test_a_place_that_another_one_took_leaves_it_waiting(enroll: EnrollOne) -> None:
    async with enroll(decisions=["waitlisted", "waitlisted", "rejected"]) as flow:
        await flow.until_stage(Stage.WAITLISTED)
        await flow.handle.signal(Enroll.place_freed, PlaceFreed())
        await flow.until(lambda: flow.record.decisions == ["rejected"])
        await flow.until_stage(Stage.WAITLISTED)
        await flow.handle.signal(Enroll.place_freed, PlaceFreed())
        assert (await flow.result()).state is EnrollmentState.REJECTED


async def test_waiting_for_a_place_for_a_year_costs_nothing(enroll: EnrollOne) -> None:
    async with enroll(decisions=["waitlisted"]) as flow:
        await flow.until_stage(Stage.WAITLISTED)
        before = await flow.length()
        await flow.skip(days=365)
        assert await flow.length() == before


async def test_a_rejected_request_ends_and_says_by_which_rules(enroll: EnrollOne) -> None:
    async with enroll(decisions=["rejected"]) as flow:
        result = await flow.result()
        assert (result.state, result.failed_rules) == (EnrollmentState.REJECTED, ("capacity",))
        assert result.synchronization is None
        assert flow.derms.sent == []
