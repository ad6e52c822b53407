"""Who plays a journey: a customer for whom the API says beforehand how it will end; another one on every run."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from cli.client import ApiClient
from cli.demo.journeys import Journey
from cli.output import fail

_PAGE_SIZE = 200
_MAXIMUM_PAGES = 10
_MAXIMUM_CANDIDATES = 300


@dataclass(frozen=True)
class DemoCustomer:
    """A customer at one of their service points."""

    name: str
    account: str
    service_point: str


class CustomerPool:
    """Some of the customers, in an order of their own; nobody plays twice."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._people = _fetch_customers(api)
        SystemRandom().shuffle(self._people)
        if not self._people:
            fail("There are no customers to enrol.", "Load the examples first: gridenroll examples load.")

    def take_customer_for(self, journey: Journey) -> DemoCustomer:
        """Takes somebody out of the cast who suits the journey; ends the command when nobody does."""
        found = next(self._suiting(journey), None)
        if found is None:
            fail(
                f"Nobody of {min(len(self._people), _MAXIMUM_CANDIDATES)} customers suits the journey {journey.key!r}.",
                f"See whether GET /v1/programs lists {journey.program}, and whether the example customers are loaded.",
            )
        customer, person = found
        self._people.remove(customer)
        return person

    def _suiting(self, journey: Journey) -> Iterator[tuple[dict[str, Any], DemoCustomer]]:
        for customer in self._people[:_MAXIMUM_CANDIDATES]:
            for offer in self._offers(customer["id"]):
                if _is_suitable(offer["programs"], journey) and (
                    person := self._person(customer, offer["service_point"])
                ):
                    yield customer, person

    def _offers(self, customer: str) -> list[dict[str, Any]]:
        return self._api.request("GET", f"/v1/customers/{customer}/eligible-programs")["items"]

    def _person(self, customer: dict[str, Any], service_point: str) -> DemoCustomer | None:
        """Nobody where the service point has no feeder: not every program asks for one, but the DERMS does."""
        places = self._api.request("GET", f"/v1/customers/{customer['id']}")["service_points"]
        place = next(place for place in places if place["service_point"] == service_point)
        return DemoCustomer(customer["name"], place["account"], service_point) if place["feeder"] else None


def _is_suitable(programs: list[dict[str, Any]], journey: Journey) -> bool:
    offered = next((one for one in programs if one["program"] == journey.program), None)
    if offered is None:
        return False
    if not journey.for_whom_fails:
        return offered["outcome"] != "rejected"
    failed = {finding["rule"] for finding in offered["findings"] if finding["verdict"] == "failed"}
    return failed == {journey.for_whom_fails}


def _fetch_customers(api: ApiClient) -> list[dict[str, Any]]:
    return [customer for page in _fetch_pages(api) for customer in page["items"]]


def _fetch_pages(api: ApiClient) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    for _ in range(_MAXIMUM_PAGES):
        named = {"cursor": cursor} if cursor else {}
        page = api.request("GET", "/v1/customers", params={"limit": _PAGE_SIZE, **named})
        yield page
        cursor = page["next_cursor"]
        if cursor is None:
            return
