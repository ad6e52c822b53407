"""A program's capacity is never exceeded, however many requests arrive at the same moment.

See docs/domain.md#capacity-and-waitlist.
"""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

ASKING = 12
_ENDED = "SELECT state, id FROM enrollment WHERE program = $1 AND state = ANY('{enrolled,waitlisted,rejected}')"


def _ask_at_once(stack: RunningStack, applications: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Submit all requests concurrently; return the enrollments by their final state."""
    with ThreadPoolExecutor(len(applications)) as senders:
        made = set(senders.map(stack.submit_accepted, applications))
    program = applications[0]["program"]

    def ended() -> Any:
        rows = [row for row in stack.database.rows(_ENDED, program) if row["id"] in made]
        return rows if len(rows) == len(made) else None

    states: dict[str, list[str]] = {}
    for row in wait_for(ended):
        states.setdefault(row["state"], []).append(row["id"])
    return states


def _held(stack: RunningStack, program: str) -> tuple[int, int, Decimal]:
    (row,) = stack.database.rows("SELECT customers, devices, kw FROM program_capacity WHERE program = $1", program)
    return row["customers"], row["devices"], row["kw"]


@pytest.mark.parametrize(
    ("capacity", "taken"),
    [
        ({"customers": 5}, (5, 5, Decimal("17.5"))),
        ({"devices": 4}, (4, 4, Decimal(14))),
        ({"kw": 10.6}, (3, 3, Decimal("10.5"))),
    ],
)
def test_a_program_is_never_overfilled(
    stack: RunningStack, capacity: dict[str, Any], taken: tuple[int, int, Decimal]
) -> None:
    program = stack.unique_name("CAP")
    stack.add_program(program, capacity=capacity)
    states = _ask_at_once(stack, [stack.build_application(program=program) for _ in range(ASKING)])
    assert {state: len(ids) for state, ids in states.items()} == {"enrolled": taken[0], "rejected": ASKING - taken[0]}
    assert _held(stack, program) == taken


def test_the_waitlist_is_served_in_order(stack: RunningStack) -> None:
    program = stack.unique_name("LINE")
    stack.add_program(program, capacity={"customers": 1, "waitlist": True})
    stack.wait_for_enrollment(stack.submit_accepted(stack.build_application(program=program)), "enrolled")
    waiting: list[str] = []
    for position in (1, 2, 3):
        waiting.append(stack.submit_accepted(stack.build_application(program=program)))
        assert stack.wait_for_enrollment(waiting[-1], "waitlisted")["waitlist_position"] == position
    _widen(stack, program, 3)
    for served in waiting[:2]:
        stack.wait_for_enrollment(served, "enrolled")
    last = stack.get_enrollment(waiting[2])
    assert (last["state"], last["waitlist_position"]) == ("waitlisted", 1)


def _widen(stack: RunningStack, program: str, customers: int) -> None:
    catalog = stack.get_catalog()
    entry = next(one for one in catalog["programs"] if one["code"] == program)
    entry["capacity"]["customers"] = customers
    stack.api.put("/v1/catalog", json=catalog).raise_for_status()


def test_leaving_the_waitlist_moves_the_others_up(stack: RunningStack) -> None:
    program = stack.unique_name("LINE")
    stack.add_program(program, capacity={"customers": 0, "waitlist": True})
    first, second = (stack.submit_accepted(stack.build_application(program=program)) for _ in range(2))
    for one in (first, second):
        stack.wait_for_enrollment(one, "waitlisted")
    position = {one: stack.get_enrollment(one)["waitlist_position"] for one in (first, second)}
    ahead, behind = sorted(position, key=lambda one: position[one])
    stack.api.post(f"/v1/program-enrollments/{ahead}/cancel", json={"reason": "moved away"}).raise_for_status()
    assert stack.get_enrollment(ahead)["state"] == "cancelled"
    assert stack.get_enrollment(behind)["waitlist_position"] == 1
    wait_for(lambda: stack.describe_enroll_workflow(ahead).close_time)


def test_a_smaller_request_does_not_overtake(stack: RunningStack) -> None:
    program = stack.unique_name("LINE")
    stack.add_program(program, capacity={"devices": 1, "waitlist": True})
    pair = [{"specification": "ecobee-premium", "serial_number": stack.unique_name("SN")} for _ in range(2)]
    large = stack.submit_accepted(stack.build_application(program=program, devices=pair))
    stack.wait_for_enrollment(large, "waitlisted")
    small = stack.submit_accepted(stack.build_application(program=program))
    assert stack.wait_for_enrollment(small, "waitlisted")["waitlist_position"] == 2
    stack.api.post(f"/v1/program-enrollments/{large}/cancel", json={"reason": "too many"}).raise_for_status()
    stack.wait_for_enrollment(small, "enrolled")


def test_one_of_two_racing_requests_gets_the_serial_number(stack: RunningStack) -> None:
    program = stack.unique_name("RACE")
    stack.add_program(program)
    devices = [{"specification": "ecobee-premium", "serial_number": stack.unique_name("SN")}]
    states = _ask_at_once(stack, [stack.build_application(program=program, devices=devices) for _ in range(6)])
    assert {state: len(ids) for state, ids in states.items()} == {"enrolled": 1, "rejected": 5}
    assert len(stack.search_derms(devices[0]["serial_number"])) <= 1


def test_one_of_several_racing_requests_gets_the_service_point(stack: RunningStack) -> None:
    program, customer = stack.unique_name("RACE"), stack.customers.take()
    stack.add_program(program)
    states = _ask_at_once(stack, [stack.build_application(customer, program=program) for _ in range(6)])
    assert {state: len(ids) for state, ids in states.items()} == {"enrolled": 1, "rejected": 5}
