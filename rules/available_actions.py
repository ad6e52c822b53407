"""Which actions each state allows: the codes in `available_actions`, which are the last parts of their paths."""

from models.classifications import RemovalMethod
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.states.outbox import OutboxState
from models.states.service_call import SERVICE_CALL_TRANSITIONS, ServiceCallState
from models.states.shipment import ShipmentState
from models.states.sync_request import SyncState
from models.states.unenrollment import UNENROLLMENT_TRANSITIONS, UnenrollmentState
from models.states.work_order import WORK_ORDER_TRANSITIONS, WorkOrderState
from rules.service_calls import can_choose_action

_C = ServiceCallState
_H = ShipmentState
_U = UnenrollmentState
_W = WorkOrderState

_BEFORE_VISIT_STATES = (_W.DISPATCHED, _W.SCHEDULED, _W.RESCHEDULED)
_REMOVAL_STATES = (_U.REMOVING, _U.NEEDS_ATTENTION, _U.RECOVERY_PENDING)
_SHIPMENT_ACTIONS: dict[ShipmentState, tuple[str, ...]] = {
    _H.ORDERED: ("shipped", "delivered", "confirmed"),
    _H.SHIPPED: ("shipped", "delivered", "confirmed", "returned"),
    _H.DELIVERED: ("confirmed", "returned"),
}


def enrollment_actions(state: EnrollmentState) -> tuple[str, ...]:
    """Returns the actions that an enrollment allows."""
    actions = ["cancel"] if EnrollmentState.CANCELLED in ENROLLMENT_TRANSITIONS[state] else []
    if state is EnrollmentState.NEEDS_ATTENTION:
        actions.append("retry")
    return tuple(actions)


def sync_request_actions(state: SyncState) -> tuple[str, ...]:
    """Returns the actions that a sync request allows."""
    return ("retry", "cancel") if state is SyncState.ERROR else ()


def outbox_message_actions(state: OutboxState) -> tuple[str, ...]:
    """Returns the actions that a message to a workflow allows."""
    return ("send-again", "give-up") if state is OutboxState.UNDELIVERABLE else ()


def unenrollment_actions(state: UnenrollmentState, *, a_device_left: bool) -> tuple[str, ...]:
    """Returns the actions that an unenrollment allows. `a_device_left`: it cannot be canceled any more."""
    actions = ["approval"] if state is _U.AWAITING_APPROVAL else []
    if _U.CANCELLED in UNENROLLMENT_TRANSITIONS[state] and not a_device_left:
        actions.append("cancel")
    if state in (_U.NEEDS_ATTENTION, _U.RECOVERY_PENDING):
        actions.append("retry")
    return tuple(actions)


def removal_actions(state: UnenrollmentState, method: RemovalMethod, ended: str | None) -> tuple[str, ...]:
    """Returns the actions that one device of an unenrollment allows. `ended`: how its removal ended, if it did."""
    if ended or state not in _REMOVAL_STATES:
        return ()
    return ("received", "kept") if method is RemovalMethod.SHIP_BACK else ("kept",)


def service_call_actions(state: ServiceCallState, resume: str | None, *, under_way: bool) -> tuple[str, ...]:
    """Returns the actions that a service call allows. `resume`: the state that a parked one goes on from; `under_way`:
    an action was chosen and has not ended."""
    actions = ["action"] if can_choose_action(state, resume, under_way=under_way) else []
    if state is _C.NEEDS_ATTENTION:
        actions.append("retry")
    if _C.CANCELLED in SERVICE_CALL_TRANSITIONS[state]:
        actions.append("cancel")
    return tuple(actions)


def shipment_actions(state: ShipmentState, *, unclaimed: bool) -> tuple[str, ...]:
    """Returns the actions that a shipment allows. `unclaimed`: the device should come back."""
    return ("returned", "settle") if unclaimed else _SHIPMENT_ACTIONS.get(state, ())


def work_order_actions(state: WorkOrderState, *, called_off: bool, unclaimed: bool) -> tuple[str, ...]:
    """Returns the actions that a work order allows. `called_off`: nobody needs the work any more; `unclaimed`: what was
    done on site belongs to no request."""
    actions = ["settle"] if unclaimed else []
    if state in (_W.COMPLETED, _W.CANCELLED) or (called_off and state is _W.INCOMPLETE):
        return tuple(actions)
    actions.append("completion")
    if not called_off and state in (_W.CREATED, *_BEFORE_VISIT_STATES):
        actions.append("appointment")
    if state in (*_BEFORE_VISIT_STATES, _W.EN_ROUTE):
        actions.append("progress")
    if _W.CANCELLED in WORK_ORDER_TRANSITIONS[state]:
        actions.append("cancel")
    return tuple(actions)
