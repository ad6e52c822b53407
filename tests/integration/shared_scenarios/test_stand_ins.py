"""The stand-ins of the workflow tests return what the real activities return, scenario by scenario."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from tests.integration.clients.running_stack import RunningStack
from tests.integration.shared_scenarios.activity_results import list_results
from tests.integration.shared_scenarios.real_enrollments import (
    RealRun,
    begin_device_setup,
    begin_enrollment,
    begin_installation,
)
from tests.integration.shared_scenarios.real_requests import begin_service_call, begin_unenrollment
from tests.replay.record_agreement import wait_until_idle
from tests.replay.scenarios import device_setup
from tests.replay.scenarios.all_scenarios import SCENARIOS
from tests.waiting import wait_until
from tests.workflow.stand_ins.enrollment_run import run_enrollment
from tests.workflow.stand_ins.service_call import run_service_call
from tests.workflow.stand_ins.site_visits import run_installation
from tests.workflow.stand_ins.unenrollment_run import run_unenrollment_of

REAL: dict[Callable[..., Any], Callable[..., Any]] = {
    run_enrollment: begin_enrollment,
    run_installation: begin_installation,
    run_unenrollment_of: begin_unenrollment,
    run_service_call: begin_service_call,
    device_setup.begun: begin_device_setup,
}
"""How a scenario begins on a running stack, by how it begins on stand-ins."""

SHARED = [
    "rejected",
    "cancelled_while_waitlisted",
    "acknowledged_by_callback",
    "acknowledged_in_the_response",
    "parked_by_a_negative_answer",
    "negative_then_retried",
    "negative_then_given_up",
    "installed_by_a_technician",
    "installation_appointed",
    "installation_refused",
    "installation_attempts_used_up",
    "installation_tried_once_more",
    "installation_ordered_again",
    "installation_cancelled",
    "installation_canceled_in_temporal",
    "left_at_once",
    "unenrolment_approved",
    "unenrolment_taken_back",
    "unenrollment_canceled_in_temporal",
    "removal_done",
    "removal_called_back",
    "removal_called_off",
    "removal_appointed",
    "removal_refused",
    "removal_refused_then_kept",
    "removal_refused_then_retried",
    "removal_attempts_used_up",
    "removal_reported_all_the_same",
    "removal_tried_once_more",
    "parcel_received",
    "parcel_after_control_stopped",
    "parcels_received_one_after_the_other",
    "call_advice_given",
    "call_decided_later",
    "call_remote_action_answered_at_once",
    "call_remote_action_answered_later",
    "call_repaired",
    "call_visit_appointed",
    "call_replaced",
    "call_replaced_old_one_first",
    "call_attempts_used_up",
    "call_reported_all_the_same",
    "call_one_more_visit",
    "call_visit_called_off",
    "call_taken_back",
    "call_taken_back_when_nobody_was_at_home",
    "call_canceled_in_temporal",
    "shipment_confirmed",
    "shipment_returned",
    "shipment_called_off",
    "shipment_confirmed_and_checked",
    "check_answered_later",
    "check_answered_at_once",
    "check_offline",
    "check_asked_again",
]
"""All scenarios that need neither time to pass nor a record that is down."""

ALWAYS = {
    "rejected",
    "acknowledged_by_callback",
    "negative_then_retried",
    "installed_by_a_technician",
    "installation_tried_once_more",
    "unenrolment_approved",
    "removal_done",
    "removal_refused_then_retried",
    "parcels_received_one_after_the_other",
    "call_remote_action_answered_later",
    "call_replaced",
    "call_visit_called_off",
    "shipment_confirmed_and_checked",
    "check_asked_again",
}
"""At least one scenario of each stand-in runs in `make test`; `make soak` runs them all."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.soak) for name in SHARED]
)
async def test_stand_ins_return_what_real_activities_return(
    environment: WorkflowEnvironment, stack: RunningStack, name: str
) -> None:
    scenario = SCENARIOS[name]
    async with scenario.begin(environment, **scenario.start) as run:
        await scenario.carry(run)
        await wait_until_idle(run.handle)
        expected = list_results(await run.handle.fetch_history())
    client = await Client.connect(stack.description["temporal_address"], data_converter=pydantic_data_converter)
    real = REAL[scenario.begin](stack, client.get_workflow_handle, **scenario.start)
    await wait_until(lambda: _has_started(real), bool, "the workflow's start")
    await scenario.carry(real)
    await wait_until_idle(real.handle)
    found = list_results(await real.handle.fetch_history())
    assert found == expected


async def _has_started(real: RealRun) -> bool:
    with suppress(RPCError):
        await real.handle.describe()
        return True
    return False
