"""The customers of the demo: for each journey one for whom the API predicts its end, and other ones on every run."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import SystemRandom

from cli.client import ApiClient, Document, fetch_pages
from cli.demo.journeys import Journey
from cli.output import fail

_MAXIMUM_CUSTOMERS = 2000
_MAXIMUM_CANDIDATES = 300


@dataclass(frozen=True)
class DemoCustomer:
    """A customer at one of their service points."""

    name: str
    account: str
    service_point: str


class CustomerPool:
    """Some of the customers in random order, each for one journey."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._customers = fetch_pages(api, "/v1/customers", {}, _MAXIMUM_CUSTOMERS, everything=False)["items"]
        SystemRandom().shuffle(self._customers)
        if not self._customers:
            fail("There are no customers to enroll.", "Load the examples first: gridenroll examples load.")

    def take_customer_for(self, journey: Journey) -> DemoCustomer:
        """Returns a customer who suits the journey, and removes them from the pool; without one, the command ends."""
        found = next(self._find_suitable(journey), None)
        if found is None:
            asked = min(len(self._customers), _MAXIMUM_CANDIDATES)
            fail(
                f"None of {asked} customers suits the journey {journey.key!r}.",
                f"See whether GET /v1/programs lists {journey.program}, and whether the example customers are loaded.",
            )
        record, customer = found
        self._customers.remove(record)
        return customer

    def _find_suitable(self, journey: Journey) -> Iterator[tuple[Document, DemoCustomer]]:
        for record in self._customers[:_MAXIMUM_CANDIDATES]:
            for place in self._list_eligible_programs(record["id"]):
                if _is_suitable(place["programs"], journey):
                    customer = self._build_customer(record, place["service_point"])
                    if customer is not None:
                        yield record, customer

    def _list_eligible_programs(self, customer: str) -> list[Document]:
        return self._api.request("GET", f"/v1/customers/{customer}/eligible-programs")["items"]

    def _build_customer(self, record: Document, service_point: str) -> DemoCustomer | None:
        """Returns the customer, or None without a feeder: not every program needs one, but the DERMS does."""
        places = self._api.request("GET", f"/v1/customers/{record['id']}")["service_points"]
        place = next(place for place in places if place["service_point"] == service_point)
        return DemoCustomer(record["name"], place["account"], service_point) if place["feeder"] else None


def _is_suitable(programs: list[Document], journey: Journey) -> bool:
    program = next((one for one in programs if one["program"] == journey.program), None)
    if program is None:
        return False
    if not journey.failing_rule:
        return program["outcome"] != "rejected"
    failed = {finding["rule"] for finding in program["findings"] if finding["verdict"] == "failed"}
    return failed == {journey.failing_rule}
