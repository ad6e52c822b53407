"""Service calls: who may order a visit, what can be done in which state."""

from models.catalog.programs import Program
from models.catalog.service_tasks import ServiceTaskType
from models.classifications import AssetOwnership
from models.errors import Pointer
from models.requests.service_call import ChosenAction, ServiceAction, ServiceCallApplication
from models.states.head_end import HeadEndOutcome
from models.states.service_call import SERVICE_CALL_TRANSITIONS, ServiceCallState
from models.states.work_order import CompletionOutcome

_C = ServiceCallState

ADVICE_GIVEN = "advice_given"
REMOTE_ACTION_DONE = "remote_action_done"

_NEXT_STEPS: dict[ServiceCallState, str] = {
    _C.OPEN: "The call was received and is taken up next.",
    _C.WORK_REQUESTED: "A work order is being made.",
    _C.AWAITING_SITE_VISIT: "A technician will visit; the work order says when.",
    _C.RESOLVED: "The call is resolved.",
    _C.REPLACED: "The device was replaced; the DERMS is told next, then the call is closed.",
    _C.CLOSED: "The call is closed. A new one can be opened while the device takes part.",
    _C.CANCELLED: "The call was taken back. A new one can be opened while the device takes part.",
    _C.NEEDS_ATTENTION: "The call is stuck and an operator has been called; the reason says why.",
}
_ADVICE_WHILE_IN_PROGRESS: dict[ServiceCallState, str] = {
    _C.OPEN: "What was chosen is taken up next; wait for what comes of it.",
    _C.TROUBLESHOOTING: "Wait for the answer of the head-end, which was asked to act on the device.",
    _C.WORK_REQUESTED: "Wait for the technician's report.",
    _C.AWAITING_SITE_VISIT: "Wait for the technician's report.",
}


def can_order_visit(ownership: AssetOwnership, program: Program) -> bool:
    """The utility looks after its own devices; after the customer's where the program says so."""
    return ownership is AssetOwnership.UTILITY_OWNED or program.visits_customer_owned


def list_possible_actions(ownership: AssetOwnership, program: Program) -> tuple[ServiceAction, ...]:
    """What can be chosen for a device."""
    always = (ServiceAction.ADVICE, ServiceAction.REMOTE_ACTION)
    return (*always, ServiceAction.WORK_REQUEST) if can_order_visit(ownership, program) else always


def find_action_errors(chosen: ChosenAction | None, ownership: AssetOwnership, program: Program) -> tuple[Pointer, ...]:
    """What keeps an action from being chosen."""
    if chosen is None or chosen.action in list_possible_actions(ownership, program):
        return ()
    return (
        Pointer(
            "/action",
            f"the device is the customer's own and {program.code} orders no visits to those; "
            f"possible: {', '.join(list_possible_actions(ownership, program))}",
        ),
    )


def find_problem_errors(application: ServiceCallApplication, task: ServiceTaskType) -> tuple[Pointer, ...]:
    """A problem that is not among those configured; where none are, every code is taken."""
    known = [problem.code for problem in task.problems]
    if not known or application.problem.code in known:
        return ()
    return (Pointer("/problem/code", f"is not among the problems of {task.code}: {', '.join(known)}"),)


def can_choose_action(state: ServiceCallState, resume: str | None, *, under_way: bool) -> bool:
    """Whether an action can be chosen now: nothing else is under way, or what was came to nothing."""
    if state is _C.NEEDS_ATTENTION:
        return resume == _C.TROUBLESHOOTING
    return state in (_C.OPEN, _C.TROUBLESHOOTING) and not under_way


def suggest_instead_of_action(state: ServiceCallState) -> str:
    """What helps where no action can be chosen."""
    if not SERVICE_CALL_TRANSITIONS[state] or state in (_C.RESOLVED, _C.REPLACED):
        return "Open a new call for what is still wrong: POST /v1/service-calls."
    if state is _C.NEEDS_ATTENTION:
        return "Have it tried again (POST …/retry), or take the call back (POST …/cancel)."
    return f"{_ADVICE_WHILE_IN_PROGRESS[state]} To do something else, take the call back first: POST …/cancel."


def service_call_actions(state: ServiceCallState, resume: str | None, *, under_way: bool) -> tuple[str, ...]:
    """What can be done with a call: the names of its doors."""
    doors = ["action"] if can_choose_action(state, resume, under_way=under_way) else []
    if state is _C.NEEDS_ATTENTION:
        doors.append("retry")
    if _C.CANCELLED in SERVICE_CALL_TRANSITIONS[state]:
        doors.append("cancel")
    return tuple(doors)


def service_call_next_step(state: ServiceCallState, *, remote_action: bool) -> str:
    """What happens next, in words."""
    if state is _C.TROUBLESHOOTING:
        told = "The head-end is asked to act on the device."
        return told if remote_action else "Somebody decides what shall be done: advice, a remote action or a visit."
    return _NEXT_STEPS[state]


def describe_head_end_failure(outcome: HeadEndOutcome) -> str:
    """Why the head-end's command did not help, for whoever chooses what is done next."""
    return {
        HeadEndOutcome.OFFLINE: "The head-end cannot reach the device.",
        HeadEndOutcome.UNKNOWN: "The head-end does not know the device.",
        HeadEndOutcome.FAILED: "The device could not do as it was told.",
    }.get(outcome, "")


def describe_failed_remote_action(trouble: str) -> str:
    """Why a remote action came to nothing yet, for whoever retries it or chooses something else."""
    return f"The head-end did not act on the device: {trouble or 'it was not answered for in time.'}"


def replaces_device(outcome: CompletionOutcome) -> bool:
    """Whether such a visit left another device behind."""
    return outcome is CompletionOutcome.DEVICE_REPLACED
