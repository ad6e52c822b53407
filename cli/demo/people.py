"""Who plays a journey: a customer for whom the API says beforehand how it will end; another one on every run."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from cli.client import Api
from cli.demo.journeys import Journey
from cli.messages import fail

_A_PAGE = 200
_PAGES = 10
_ASKED = 300


@dataclass(frozen=True)
class Person:
    """A customer at one of their service points."""

    name: str
    account: str
    service_point: str


class Cast:
    """Some of the customers, in an order of their own; nobody plays twice."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._people = _some_customers(api)
        SystemRandom().shuffle(self._people)
        if not self._people:
            fail("There are no customers to enrol.", "Load the examples first: gridenroll examples load.")

    def somebody_for(self, journey: Journey) -> Person:
        """Takes somebody out of the cast who suits the journey; ends the command when nobody does."""
        found = next(self._suiting(journey), None)
        if found is None:
            fail(
                f"Nobody of {min(len(self._people), _ASKED)} customers suits the journey {journey.key!r}.",
                f"See whether GET /v1/programs lists {journey.program}, and whether the example customers are loaded.",
            )
        customer, person = found
        self._people.remove(customer)
        return person

    def _suiting(self, journey: Journey) -> Iterator[tuple[dict[str, Any], Person]]:
        for customer in self._people[:_ASKED]:
            for offer in self._offers(customer["id"]):
                if _suits(offer["programs"], journey) and (person := self._person(customer, offer["service_point"])):
                    yield customer, person

    def _offers(self, customer: str) -> list[dict[str, Any]]:
        return self._api.ask("GET", f"/v1/customers/{customer}/eligible-programs")["items"]

    def _person(self, customer: dict[str, Any], service_point: str) -> Person | None:
        """Nobody where the service point has no feeder: not every program asks for one, but the DERMS does."""
        places = self._api.ask("GET", f"/v1/customers/{customer['id']}")["service_points"]
        place = next(place for place in places if place["service_point"] == service_point)
        return Person(customer["name"], place["account"], service_point) if place["feeder"] else None


def _suits(programs: list[dict[str, Any]], journey: Journey) -> bool:
    offered = next((one for one in programs if one["program"] == journey.program), None)
    if offered is None:
        return False
    if not journey.for_whom_fails:
        return offered["outcome"] != "rejected"
    failed = {finding["rule"] for finding in offered["findings"] if finding["verdict"] == "failed"}
    return failed == {journey.for_whom_fails}


def _some_customers(api: Api) -> list[dict[str, Any]]:
    return [customer for page in _pages(api) for customer in page["items"]]


def _pages(api: Api) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    for _ in range(_PAGES):
        named = {"cursor": cursor} if cursor else {}
        page = api.ask("GET", "/v1/customers", params={"limit": _A_PAGE, **named})
        yield page
        cursor = page["next_cursor"]
        if cursor is None:
            return
