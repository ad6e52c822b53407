"""The names that start and signal workflows are the names that the worker registers."""

from typing import Any
from unittest.mock import Mock

import pytest
from temporalio import activity, workflow

import worker
from connectors.temporal import client, deliver
from models.catalog.service_tasks import ServiceLevel
from models.messages import enrollment, site_visit, synchronization
from models.messages.signals import CANCEL_REQUESTED, RETRY_REQUESTED
from tests.replay.fingerprints import FINGERPRINTS
from tests.replay.scenarios.all_scenarios import SCENARIOS
from tests.replay.test_replay import load_history
from tests.workflow.stand_ins.enrollment import EnrollmentRecord, InMemoryDerms
from tests.workflow.stand_ins.site_visits import SiteVisitActivities, SiteVisits
from workflows.enroll import EnrollmentWorkflow


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what the worker's composition root registers."""
    made = Mock()
    monkeypatch.setattr(worker, "Worker", made)
    worker.create_worker(*(Mock() for _ in range(4)))
    return made.call_args.kwargs


def test_the_worker_polls_the_queue_of_the_outbox(composed: dict[str, Any]) -> None:
    assert composed["task_queue"] == client.TASK_QUEUE == deliver.TASK_QUEUE


def test_the_worker_registers_the_workflows_that_the_outbox_starts(composed: dict[str, Any]) -> None:
    names = {workflow._Definition.must_from_class(run).name for run in composed["workflows"]}
    assert enrollment.WORKFLOW in names


def test_the_workflow_handles_the_signals_that_the_outbox_sends() -> None:
    sent = {
        enrollment.PLACE_FREED,
        CANCEL_REQUESTED,
        RETRY_REQUESTED,
        synchronization.DERMS_ACKNOWLEDGED,
    }
    sent |= {site_visit.SITE_VISIT_COMPLETED, site_visit.APPOINTMENT_CHANGED, site_visit.WORK_ORDER_CANCELLED}
    assert sent <= set(workflow._Definition.must_from_class(EnrollmentWorkflow).signals)


def names(activities: list[Any]) -> set[str | None]:
    return {activity._Definition.must_from_callable(one).name for one in activities}


def test_the_stand_ins_have_registered_activity_names(composed: dict[str, Any]) -> None:
    stand_ins = SiteVisitActivities(EnrollmentRecord(), InMemoryDerms(), SiteVisits(ServiceLevel()))
    assert names(stand_ins.all) <= names(composed["activities"])


def test_every_activity_is_in_a_recorded_history(composed: dict[str, Any]) -> None:
    lines = (line for name in SCENARIOS for line in (FINGERPRINTS / f"{name}.txt").read_text().splitlines())
    assert names(composed["activities"]) - {word for line in lines for word in line.split()[1:]} == set()


@pytest.fixture(scope="module")
def heard() -> dict[str, set[str]]:
    """Return the signals in the recorded histories of each workflow."""
    found: dict[str, set[str]] = {}
    for name in SCENARIOS:
        began, *others = load_history(name).events
        run = began.workflow_execution_started_event_attributes.workflow_type.name
        names = {event.workflow_execution_signaled_event_attributes.signal_name for event in others}
        found[run] = found.get(run, set()) | names - {""}
    return found


@pytest.mark.parametrize("run", worker.WORKFLOWS)
def test_every_signal_of_a_workflow_is_in_a_recorded_history(heard: dict[str, set[str]], run: type) -> None:
    definition = workflow._Definition.must_from_class(run)
    assert heard[str(definition.name)] == set(definition.signals)
