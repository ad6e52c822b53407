"""Service calls: who may order a visit, what can be done in which state."""

from models.catalog.programs import Program
from models.catalog.service_tasks import ServiceTaskType
from models.classifications import AssetOwnership
from models.requests.service_call import ChosenAction, ServiceAction, ServiceCallApplication
from models.states.service_call import ServiceCallState
from models.states.work_order import CompletionOutcome
from rules.field_error import FieldError

_C = ServiceCallState

ADVICE_GIVEN = "advice_given"
REMOTE_ACTION_DONE = "remote_action_done"


def can_order_visit(ownership: AssetOwnership, program: Program) -> bool:
    """The utility looks after its own devices; after the customer's where the program says so."""
    return ownership is AssetOwnership.UTILITY_OWNED or program.visits_customer_owned


def list_possible_actions(ownership: AssetOwnership, program: Program) -> tuple[ServiceAction, ...]:
    """What can be chosen for a device."""
    always = (ServiceAction.ADVICE, ServiceAction.REMOTE_ACTION)
    return (*always, ServiceAction.WORK_REQUEST) if can_order_visit(ownership, program) else always


def find_action_errors(
    chosen: ChosenAction | None, ownership: AssetOwnership, program: Program
) -> tuple[FieldError, ...]:
    """What keeps an action from being chosen."""
    if chosen is None or chosen.action in list_possible_actions(ownership, program):
        return ()
    possible = list_possible_actions(ownership, program)
    return (FieldError("/action", "visit_not_ordered", {"program": program.code, "possible": [*possible]}),)


def find_problem_errors(application: ServiceCallApplication, task: ServiceTaskType) -> tuple[FieldError, ...]:
    """A problem that is not among those configured; where none are, every code is taken."""
    known = [problem.code for problem in task.problems]
    if not known or application.problem.code in known:
        return ()
    return (FieldError("/problem/code", "problem_unknown", {"task": task.code, "problems": known}),)


def can_choose_action(state: ServiceCallState, resume: str | None, *, under_way: bool) -> bool:
    """Whether an action can be chosen now: nothing else is under way, or what was came to nothing."""
    if state is _C.NEEDS_ATTENTION:
        return resume == _C.TROUBLESHOOTING
    return state in (_C.OPEN, _C.TROUBLESHOOTING) and not under_way


def replaces_device(outcome: CompletionOutcome) -> bool:
    """Whether such a visit left another device behind."""
    return outcome is CompletionOutcome.DEVICE_REPLACED
