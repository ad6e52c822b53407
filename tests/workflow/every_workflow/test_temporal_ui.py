"""The Temporal UI shows what a workflow waits for, and no personal data."""

from temporalio.api.enums.v1 import EventType

from models.messages.search_attributes import WorkflowStage
from tests.workflow.stand_ins.enrollment_run import EnrollmentRun, StartEnrollment


async def summaries(run: EnrollmentRun) -> set[str]:
    """Return the summaries of activities and timers."""
    history = await run.handle.fetch_history()
    payloads = [event.user_metadata.summary for event in history.events if event.user_metadata.HasField("summary")]
    return set(run.environment.client.data_converter.payload_converter.from_payloads(payloads))


async def test_the_details_say_what_the_workflow_waits_for(enroll: StartEnrollment) -> None:
    async with enroll(decisions=["waitlisted", "enrolled"]) as run:
        await run.wait_for_details("Waiting for a place in the program.")
        await run.handle.signal("place_freed", {})
        await run.wait_for_details(f"Waiting for the DERMS to acknowledge {run.record.id}.")
        await run.acknowledge()
        await run.result()
        assert await run.get_details() == "Ended: synchronized."


async def test_the_details_say_that_it_waits_after_a_status_query(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.skip_time(minutes=16)
        assert run.derms.asked == 1
        await run.wait_for_acknowledgement_wait()


async def test_activities_and_timers_have_summaries(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.skip_time(minutes=16)
        await run.acknowledge()
        await run.result()
        found = await summaries(run)
        assert {f"send {run.record.id}", f"ask about {run.record.id}", "acknowledgement overdue"} <= found


async def test_search_attributes_hold_a_stage_and_nothing_else(enroll: StartEnrollment) -> None:
    async with enroll(moods="is_down") as run:
        await run.skip_time(hours=7)
        run.derms.moods = [run.derms.answers]
        await run.result()
        upserted = EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
        events = [event for event in (await run.handle.fetch_history()).events if event.event_type == upserted]
        values = [
            (name, payload.data)
            for event in events
            for name, payload in event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields.items()  # noqa: E501
        ]
        allowed = {f'"{stage}"'.encode() for stage in WorkflowStage} | {b"true", b"false"}
        assert {name for name, _ in values} == {"Stage", "NeedsAttention"}
        assert {value for _, value in values} <= allowed


async def test_signal_handlers_have_descriptions(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        definition = (await run.get_metadata()).definition
        assert all(signal.description for signal in definition.signal_definitions)
        assert definition.signal_definitions
