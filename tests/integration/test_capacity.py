"""Places in a program are never given twice, however many ask at the same moment.

See docs/domain.md#capacity-and-waitlist.
"""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.doors import Doors
from tests.patience import wait_for

ASKING = 12
_ENDED = "SELECT state, id FROM enrollment WHERE program = $1 AND state = ANY('{enrolled,waitlisted,rejected}')"


def _ask_at_once(doors: Doors, applications: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Submits all at the same moment; gives the enrolments by the state in which each came to rest."""
    with ThreadPoolExecutor(len(applications)) as senders:
        made = set(senders.map(doors.accepted, applications))
    program = applications[0]["program"]

    def ended() -> Any:
        rows = [row for row in doors.database.rows(_ENDED, program) if row["id"] in made]
        return rows if len(rows) == len(made) else None

    states: dict[str, list[str]] = {}
    for row in wait_for(ended):
        states.setdefault(row["state"], []).append(row["id"])
    return states


def _held(doors: Doors, program: str) -> tuple[int, int, Decimal]:
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
def test_a_program_is_never_overfilled(doors: Doors, capacity: dict[str, Any], taken: tuple[int, int, Decimal]) -> None:
    program = doors.name("CAP")
    doors.offer(program, capacity=capacity)
    states = _ask_at_once(doors, [doors.application(program=program) for _ in range(ASKING)])
    assert {state: len(ids) for state, ids in states.items()} == {"enrolled": taken[0], "rejected": ASKING - taken[0]}
    assert _held(doors, program) == taken


def test_who_finds_no_place_waits_and_is_served_in_order(doors: Doors) -> None:
    program = doors.name("LINE")
    doors.offer(program, capacity={"customers": 1, "waitlist": True})
    doors.reaches(doors.accepted(doors.application(program=program)), "enrolled")
    waiting: list[str] = []
    for position in (1, 2, 3):
        waiting.append(doors.accepted(doors.application(program=program)))
        assert doors.reaches(waiting[-1], "waitlisted")["waitlist_position"] == position
    _widen(doors, program, 3)
    for served in waiting[:2]:
        doors.reaches(served, "enrolled")
    last = doors.enrollment(waiting[2])
    assert (last["state"], last["waitlist_position"]) == ("waitlisted", 1)


def _widen(doors: Doors, program: str, customers: int) -> None:
    catalog = doors.catalog()
    entry = next(one for one in catalog["programs"] if one["code"] == program)
    entry["capacity"]["customers"] = customers
    doors.api.put("/v1/catalog", json=catalog).raise_for_status()


def test_one_who_leaves_the_line_makes_the_others_move_up(doors: Doors) -> None:
    program = doors.name("LINE")
    doors.offer(program, capacity={"customers": 0, "waitlist": True})
    first, second = (doors.accepted(doors.application(program=program)) for _ in range(2))
    for one in (first, second):
        doors.reaches(one, "waitlisted")
    position = {one: doors.enrollment(one)["waitlist_position"] for one in (first, second)}
    ahead, behind = sorted(position, key=lambda one: position[one])
    doors.api.post(f"/v1/program-enrollments/{ahead}/cancel", json={"reason": "moved house"}).raise_for_status()
    assert doors.enrollment(ahead)["state"] == "cancelled"
    assert doors.enrollment(behind)["waitlist_position"] == 1
    wait_for(lambda: doors.flow(ahead).close_time)


def test_one_who_needs_less_does_not_overtake(doors: Doors) -> None:
    program = doors.name("LINE")
    doors.offer(program, capacity={"devices": 1, "waitlist": True})
    pair = [{"specification": "ecobee-premium", "serial_number": doors.name("SN")} for _ in range(2)]
    large = doors.accepted(doors.application(program=program, devices=pair))
    doors.reaches(large, "waitlisted")
    small = doors.accepted(doors.application(program=program))
    assert doors.reaches(small, "waitlisted")["waitlist_position"] == 2
    doors.api.post(f"/v1/program-enrollments/{large}/cancel", json={"reason": "too many"}).raise_for_status()
    doors.reaches(small, "enrolled")


def test_a_serial_number_goes_to_one_of_two_who_race(doors: Doors) -> None:
    program = doors.name("RACE")
    doors.offer(program)
    devices = [{"specification": "ecobee-premium", "serial_number": doors.name("SN")}]
    states = _ask_at_once(doors, [doors.application(program=program, devices=devices) for _ in range(6)])
    assert {state: len(ids) for state, ids in states.items()} == {"enrolled": 1, "rejected": 5}
    assert len(doors.held(devices[0]["serial_number"])) <= 1


def test_a_service_point_is_taken_once_by_those_who_race(doors: Doors) -> None:
    program, who = doors.name("RACE"), doors.customers.take()
    doors.offer(program)
    states = _ask_at_once(doors, [doors.application(who, program=program) for _ in range(6)])
    assert {state: len(ids) for state, ids in states.items()} == {"enrolled": 1, "rejected": 5}
