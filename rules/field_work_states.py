"""The states that work orders and shipments go through when people report how far they are."""

from models.states.shipment import ShipmentState
from models.states.work_order import WorkOrderState

_W = WorkOrderState
_H = ShipmentState

_TO_SCHEDULED: dict[WorkOrderState, tuple[WorkOrderState, ...]] = {
    _W.CREATED: (_W.DISPATCHED, _W.SCHEDULED),
    _W.DISPATCHED: (_W.SCHEDULED,),
    _W.SCHEDULED: (_W.RESCHEDULED, _W.SCHEDULED),
    _W.RESCHEDULED: (_W.SCHEDULED,),
}
_TO_ON_SITE: dict[WorkOrderState, tuple[WorkOrderState, ...]] = {
    _W.CREATED: (_W.DISPATCHED, _W.EN_ROUTE, _W.ON_SITE),
    _W.DISPATCHED: (_W.EN_ROUTE, _W.ON_SITE),
    _W.SCHEDULED: (_W.EN_ROUTE, _W.ON_SITE),
    _W.RESCHEDULED: (_W.EN_ROUTE, _W.ON_SITE),
    _W.EN_ROUTE: (_W.ON_SITE,),
    _W.ON_SITE: (),
    _W.INCOMPLETE: (_W.RESCHEDULED, _W.EN_ROUTE, _W.ON_SITE),
}
_TO_DELIVERED: dict[ShipmentState, tuple[ShipmentState, ...]] = {
    _H.ORDERED: (_H.SHIPPED, _H.DELIVERED),
    _H.SHIPPED: (_H.DELIVERED,),
    _H.DELIVERED: (),
}


def states_when_scheduled(state: WorkOrderState) -> tuple[WorkOrderState, ...] | None:
    """Return the path of an order that gets an appointment; None if it is too late for one."""
    return _TO_SCHEDULED.get(state)


def states_when_reported(state: WorkOrderState) -> tuple[WorkOrderState, ...] | None:
    """Return the path to `on_site` of an order that a technician reports on; None if it takes no report any more.

    A technician who reports has been on site, whether or not the steps before were recorded.
    """
    return _TO_ON_SITE.get(state)


def states_when_delivered(state: ShipmentState) -> tuple[ShipmentState, ...]:
    """Return the states between a shipment and its delivery; none once it has ended.

    A customer who confirms a device has received it, whatever was reported of the parcel before.
    """
    return _TO_DELIVERED.get(state, ())
