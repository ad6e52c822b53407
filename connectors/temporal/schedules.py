"""The Temporal Schedules by which the batches run themselves."""

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from connectors.temporal.client import TASK_QUEUE
from models.batches import BATCHES, BatchDefinition, BatchName, schedule_id
from models.messages.batch import WORKFLOW, BatchInput

log = structlog.get_logger()


async def provision_schedules(client: Client, *, task_queue: str = TASK_QUEUE) -> None:
    """Creates the missing schedules and updates the others. Safe to repeat, and to run several times at once.

    What people did to a schedule in the Temporal UI stays: a paused schedule stays paused.
    """
    for name, batch in BATCHES.items():
        planned = _build_schedule(name, batch, task_queue)
        try:
            await client.create_schedule(schedule_id(name), planned)
        except ScheduleAlreadyRunningError:
            await _update_schedule(client, name, planned)


async def _update_schedule(client: Client, name: BatchName, planned: Schedule) -> None:
    def renewed(found: ScheduleUpdateInput) -> ScheduleUpdate:
        planned.state = found.description.schedule.state
        return ScheduleUpdate(planned)

    await client.get_schedule_handle(schedule_id(name)).update(renewed)
    if planned.state.paused:
        log.info("a batch is paused", batch=name)


def _build_schedule(name: BatchName, batch: BatchDefinition, task_queue: str) -> Schedule:
    rhythm = batch.schedule
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WORKFLOW,
            BatchInput(name=name),
            id=f"{schedule_id(name)}/scheduled",
            task_queue=task_queue,
            static_summary=f"{name}, by its schedule",
            static_details=batch.description,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=rhythm.interval, offset=rhythm.offset)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=rhythm.catchup_window),
        state=ScheduleState(note=batch.description),
    )
