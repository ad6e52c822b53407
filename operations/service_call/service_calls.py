"""Service calls: opening one. What people decide about it then is in decisions, what its workflow does in
service_call_steps."""

from models.ids import service_call_workflow_id
from models.states.service_call import SERVICE_CALL_TRANSITIONS, ServiceCallState
from models.tables.service_call import ServiceCall
from operations.platform.lifecycle import RequestLifecycle

_C = ServiceCallState
LIFECYCLE = RequestLifecycle(
    table=ServiceCall,
    kind="service_call",
    transitions=SERVICE_CALL_TRANSITIONS,
    parked=_C.NEEDS_ATTENTION,
    workflow_id=service_call_workflow_id,
)
get_for_update = LIFECYCLE.get_for_update
transition = LIFECYCLE.transition
mark_parked = LIFECYCLE.mark_parked
resume_if_parked = LIFECYCLE.resume_if_parked
