"""The paths of work orders and shipments lead along their transition tables."""

from itertools import pairwise

import pytest

from models.states.shipment import SHIPMENT_TRANSITIONS, ShipmentState
from models.states.work_order import WORK_ORDER_TRANSITIONS, WorkOrderState
from rules.field_work_states import states_when_delivered, states_when_reported, states_when_scheduled


@pytest.mark.parametrize("state", WorkOrderState)
def test_an_appointment_leads_to_scheduled(state: WorkOrderState) -> None:
    path = states_when_scheduled(state)
    if path is not None:
        assert all(after in WORK_ORDER_TRANSITIONS[before] for before, after in pairwise((state, *path)))
        assert path[-1] is WorkOrderState.SCHEDULED


@pytest.mark.parametrize("state", WorkOrderState)
def test_a_report_leads_to_on_site(state: WorkOrderState) -> None:
    path = states_when_reported(state)
    if path is not None:
        assert all(after in WORK_ORDER_TRANSITIONS[before] for before, after in pairwise((state, *path)))
        assert (state, *path)[-1] is WorkOrderState.ON_SITE


@pytest.mark.parametrize("state", [WorkOrderState.COMPLETED, WorkOrderState.CANCELLED])
def test_an_order_that_has_ended_takes_nothing_any_more(state: WorkOrderState) -> None:
    assert states_when_scheduled(state) is None
    assert states_when_reported(state) is None


@pytest.mark.parametrize("state", ShipmentState)
def test_a_confirmation_leads_to_delivered(state: ShipmentState) -> None:
    path = states_when_delivered(state)
    assert all(after in SHIPMENT_TRANSITIONS[before] for before, after in pairwise((state, *path)))
    if path:
        assert path[-1] is ShipmentState.DELIVERED
