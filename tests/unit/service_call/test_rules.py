"""The actions on an enrolled device, as tables."""

from collections.abc import Callable
from typing import Any

import pytest

from models.catalog.programs import Program
from models.catalog.service_tasks import ServiceTaskType
from models.classifications import AssetOwnership
from models.requests.service_call import ChosenAction, ServiceAction, ServiceCallApplication
from models.states.service_call import SERVICE_CALL_TRANSITIONS, ServiceCallState
from rules.available_actions import service_call_actions
from rules.service_calls import (
    can_choose_action,
    can_order_visit,
    find_action_errors,
    find_problem_errors,
    list_possible_actions,
)
from wording.service_call import service_call_next_step, suggest_instead_of_action

_C = ServiceCallState
UTILITY, CUSTOMER = AssetOwnership.UTILITY_OWNED, AssetOwnership.CUSTOMER_OWNED


@pytest.fixture
def program(eligible_facts: Callable[..., Any]) -> Callable[..., Program]:
    def changed(**changes: Any) -> Program:
        return eligible_facts(program=changes).program

    return changed


@pytest.mark.parametrize(
    ("ownership", "free", "allowed"),
    [(UTILITY, False, True), (UTILITY, True, True), (CUSTOMER, True, True), (CUSTOMER, False, False)],
)
def test_the_owner_decides_who_may_order_a_visit(
    program: Callable[..., Program], ownership: AssetOwnership, free: bool, allowed: bool
) -> None:
    offered = program(visits_customer_owned=free)
    assert can_order_visit(ownership, offered) is allowed
    assert (ServiceAction.WORK_REQUEST in list_possible_actions(ownership, offered)) is allowed
    chosen = ChosenAction(action=ServiceAction.WORK_REQUEST)
    assert bool(find_action_errors(chosen, ownership, offered)) is not allowed


@pytest.mark.parametrize("state", ServiceCallState)
def test_a_refused_action_has_a_fix(state: ServiceCallState) -> None:
    fix = suggest_instead_of_action(state)
    ends = state in (_C.RESOLVED, _C.REPLACED, _C.CLOSED, _C.CANCELLED)
    assert ("POST /v1/service-calls." in fix) is ends
    assert ("/cancel" in fix) is not ends
    assert ends or "cancel" in service_call_actions(state, None, under_way=True)


def _call(code: str) -> ServiceCallApplication:
    typed = "01m85mj6eyegf98b35jr8cf23b"
    return ServiceCallApplication.model_validate(
        {"subscription": f"sub_{typed}", "device": f"dev_{typed}", "problem": {"code": code}}
    )


@pytest.mark.parametrize(("code", "known", "faults"), [("dark", ["dark"], 0), ("odd", ["dark"], 1), ("odd", [], 0)])
def test_a_problem_is_one_of_those_configured_if_any_are(code: str, known: list[str], faults: int) -> None:
    problems = [{"code": one, "description": one} for one in known]
    task = {"code": "help", "description": "Help", "process_flow": "service_call", "problems": problems}
    assert len(find_problem_errors(_call(code), ServiceTaskType.model_validate(task))) == faults


@pytest.mark.parametrize(
    ("state", "resume", "under_way", "actions"),
    [
        (_C.OPEN, None, False, ("action", "cancel")),
        (_C.TROUBLESHOOTING, None, False, ("action", "cancel")),
        (_C.TROUBLESHOOTING, None, True, ("cancel",)),
        (_C.AWAITING_SITE_VISIT, None, True, ("cancel",)),
        (_C.NEEDS_ATTENTION, "troubleshooting", True, ("action", "retry", "cancel")),
        (_C.NEEDS_ATTENTION, "awaiting_site_visit", True, ("retry", "cancel")),
        (_C.REPLACED, None, False, ()),
        (_C.CLOSED, None, False, ()),
        (_C.CANCELLED, None, False, ()),
    ],
)
def test_each_state_has_its_actions(
    state: ServiceCallState, resume: str | None, under_way: bool, actions: tuple[str, ...]
) -> None:
    assert service_call_actions(state, resume, under_way=under_way) == actions
    assert can_choose_action(state, resume, under_way=under_way) is ("action" in actions)


@pytest.mark.parametrize("state", list(SERVICE_CALL_TRANSITIONS))
@pytest.mark.parametrize("remote", [True, False])
def test_each_state_has_a_next_step(state: ServiceCallState, remote: bool) -> None:
    assert service_call_next_step(state, remote_action=remote).endswith(".")
