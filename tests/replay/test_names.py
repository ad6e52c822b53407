"""What starts and signals flows uses the names that the worker knows them by."""

from typing import Any
from unittest.mock import Mock

import pytest
from temporalio import activity, workflow

import worker
from connectors.temporal import client, deliver
from models.catalog import ServiceLevel
from models.messages import enroll, site_visit, synchronize
from tests.flow.field_work import Field, FieldActivities
from tests.flow.stand_ins import Derms, Record
from workflows.enroll import Enroll


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the worker's composition root registers."""
    made = Mock()
    monkeypatch.setattr(worker, "Worker", made)
    worker.create_worker(*(Mock() for _ in range(4)))
    return made.call_args.kwargs


def test_the_worker_listens_where_the_outbox_starts_flows(composed: dict[str, Any]) -> None:
    assert composed["task_queue"] == client.TASK_QUEUE == deliver.TASK_QUEUE


def test_the_flow_that_the_outbox_starts_is_one_of_the_workers(composed: dict[str, Any]) -> None:
    names = {workflow._Definition.must_from_class(flow).name for flow in composed["workflows"]}
    assert enroll.WORKFLOW in names


def test_the_signals_that_the_outbox_sends_are_those_that_the_flow_takes() -> None:
    sent = {enroll.PLACE_FREED, enroll.CANCEL_REQUESTED, enroll.RETRY_REQUESTED, synchronize.DERMS_ACKNOWLEDGED}
    sent |= {site_visit.SITE_VISIT_COMPLETED, site_visit.APPOINTMENT_CHANGED, site_visit.WORK_ORDER_CANCELLED}
    assert sent <= set(workflow._Definition.must_from_class(Enroll).signals)


def test_the_stand_ins_have_the_names_of_the_workers_activities(composed: dict[str, Any]) -> None:
    def names(activities: list[Any]) -> set[str | None]:
        return {activity._Definition.must_from_callable(one).name for one in activities}

    stand_ins = FieldActivities(Record(), Derms(), Field(ServiceLevel()))
    assert names(stand_ins.all) <= names(composed["activities"])
