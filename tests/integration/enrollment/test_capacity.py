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


def _ask_at_once(doors: RunningStack, applications: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Submit all requests concurrently; return the enrollments by their final state."""
    with ThreadPoolExecutor(len(applications)) as senders:
        made = set(senders.map(doors.submit_accepted, applications))
    program = applications[0]["program"]

    def ended() -> Any:
        rows = [row for row in doors.database.rows(_ENDED, program) if row["id"] in made]
        return rows if len(rows) == len(made) else None

    states: dict[str, list[str]] = {}
    for row in wait_for(ended):
        states.setdefault(row["state"], []).append(row["id"])
    return states


def _held(doors: RunningStack, program: str) -> tuple[int, int, Decimal]:
    (row,) = doors.database.rows("SELECT customers, devices, kw FROM program_capacity WHERE program = $1", program)
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
    doors: RunningStack, capacity: dict[str, Any], taken: tuple[int, int, Decimal]
) -> None:
    program = doors.unique_name("CAP")
    doors.add_program(program, capacity=capacity)
    states = _ask_at_once(doors, [doors.build_application(program=program) for _ in range(ASKING)])
    assert {state: len(ids) for state, ids in states.items()} == {"enrolled": taken[0], "rejected": ASKING - taken[0]}
    assert _held(doors, program) == taken


def test_the_waitlist_is_served_in_order(doors: RunningStack) -> None:
    program = doors.unique_name("LINE")
    doors.add_program(program, capacity={"customers": 1, "waitlist": True})
    doors.wait_for_enrollment(doors.submit_accepted(doors.build_application(program=program)), "enrolled")
    waiting: list[str] = []
    for position in (1, 2, 3):
        waiting.append(doors.submit_accepted(doors.build_application(program=program)))
        assert doors.wait_for_enrollment(waiting[-1], "waitlisted")["waitlist_position"] == position
    _widen(doors, program, 3)
    for served in waiting[:2]:
        doors.wait_for_enrollment(served, "enrolled")
    last = doors.get_enrollment(waiting[2])
    assert (last["state"], last["waitlist_position"]) == ("waitlisted", 1)


def _widen(doors: RunningStack, program: str, customers: int) -> None:
    catalog = doors.get_catalog()
    entry = next(one for one in catalog["programs"] if one["code"] == program)
    entry["capacity"]["customers"] = customers
    doors.api.put("/v1/catalog", json=catalog).raise_for_status()


def test_leaving_the_waitlist_moves_the_others_up(doors: RunningStack) -> None:
    program = doors.unique_name("LINE")
    doors.add_program(program, capacity={"customers": 0, "waitlist": True})
    first, second = (doors.submit_accepted(doors.build_application(program=program)) for _ in range(2))
    for one in (first, second):
        doors.wait_for_enrollment(one, "waitlisted")
    position = {one: doors.get_enrollment(one)["waitlist_position"] for one in (first, second)}
    ahead, behind = sorted(position, key=lambda one: position[one])
    doors.api.post(f"/v1/program-enrollments/{ahead}/cancel", json={"reason": "moved house"}).raise_for_status()
    assert doors.get_enrollment(ahead)["state"] == "cancelled"
    assert doors.get_enrollment(behind)["waitlist_position"] == 1
    wait_for(lambda: doors.describe_enroll_workflow(ahead).close_time)


def test_a_smaller_request_does_not_overtake(doors: RunningStack) -> None:
    program = doors.unique_name("LINE")
    doors.add_program(program, capacity={"devices": 1, "waitlist": True})
    pair = [{"specification": "ecobee-premium", "serial_number": doors.unique_name("SN")} for _ in range(2)]
    large = doors.submit_accepted(doors.build_application(program=program, devices=pair))
    doors.wait_for_enrollment(large, "waitlisted")
    small = doors.submit_accepted(doors.build_application(program=program))
    assert doors.wait_for_enrollment(small, "waitlisted")["waitlist_position"] == 2
    doors.api.post(f"/v1/program-enrollments/{large}/cancel", json={"reason": "too many"}).raise_for_status()
    doors.wait_for_enrollment(small, "enrolled")


def test_one_of_two_racing_requests_gets_the_serial_number(doors: RunningStack) -> None:
    program = doors.unique_name("RACE")
    doors.add_program(program)
    devices = [{"specification": "ecobee-premium", "serial_number": doors.unique_name("SN")}]
    states = _ask_at_once(doors, [doors.build_application(program=program, devices=devices) for _ in range(6)])
    assert {state: len(ids) for state, ids in states.items()} == {"enrolled": 1, "rejected": 5}
    assert len(doors.search_derms(devices[0]["serial_number"])) <= 1


def test_one_of_several_racing_requests_gets_the_service_point(doors: RunningStack) -> None:
    program, who = doors.unique_name("RACE"), doors.customers.take()
    doors.add_program(program)
    states = _ask_at_once(doors, [doors.build_application(who, program=program) for _ in range(6)])
    assert {state: len(ids) for state, ids in states.items()} == {"enrolled": 1, "rejected": 5}
