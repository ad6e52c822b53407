"""Lists are paged: everything once, newest first, also while rows are added."""

from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack


def _pages(stack: RunningStack, path: str, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = stack.api.get(path, params={**query, **({"cursor": cursor} if cursor else {})}).raise_for_status().json()
        items += page["items"]
        cursor = page.get("next_cursor")
        if cursor is None:
            return items


def test_every_customer_is_listed_once(stack: RunningStack) -> None:
    ids = [one["id"] for one in _pages(stack, "/v1/customers", limit=170)]
    assert len(ids) == len(set(ids)) == stack.database.value("SELECT count(*) FROM customer")
    assert ids == sorted(ids, reverse=True)


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_the_size_of_a_page_changes_nothing(stack: RunningStack, limit: int) -> None:
    who = stack.customers.take()
    made = [stack.submit_accepted(stack.build_application(who, devices=[])) for _ in range(3)]
    found = _pages(stack, "/v1/program-enrollments", account=who["cis_account_id"], limit=limit)
    assert [one["id"] for one in found] == made[::-1]


def test_a_row_added_between_pages_shifts_nothing(stack: RunningStack) -> None:
    who = stack.customers.take()
    made = [stack.submit_accepted(stack.build_application(who, devices=[])) for _ in range(3)]
    query = {"account": who["cis_account_id"], "limit": 2}
    first = stack.api.get("/v1/program-enrollments", params=query).json()
    stack.submit_accepted(stack.build_application(who, devices=[]))
    second = stack.api.get("/v1/program-enrollments", params={**query, "cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in first["items"] + second["items"]] == made[::-1]


def test_enrollments_are_found_by_each_filter(stack: RunningStack) -> None:
    application = stack.build_application()
    enrollment = stack.submit_accepted(application)
    customer = stack.wait_for_enrollment(enrollment, "enrolled")["customer"]
    filters = {"customer": customer, "account": application["account"], "state": "enrolled", "program": "TSTAT-DR"}
    found = _pages(stack, "/v1/program-enrollments", transaction_id=application["transaction_id"], **filters)
    assert [one["id"] for one in found] == [enrollment]
    theirs = _pages(stack, f"/v1/customers/{customer}/enrollments")
    assert (theirs[0]["id"], {one["customer"] for one in theirs}) == (enrollment, {customer})


def test_sync_requests_are_found_by_enrollment(stack: RunningStack) -> None:
    enrollment = stack.enroll()
    (found,) = _pages(stack, "/v1/sync-requests", enrollment=enrollment, state="synchronized", kind="enroll")
    assert (found["enrollment"], found["sequence"]) == (enrollment, 1)


@pytest.mark.parametrize("path", ["/v1/customers", "/v1/program-enrollments", "/v1/sync-requests"])
@pytest.mark.parametrize("query", [{"cursor": "AAAA"}, {"cursor": "!"}, {"limit": 0}, {"limit": 201}, {"limit": "x"}])
def test_an_invalid_page_is_refused(stack: RunningStack, path: str, query: dict[str, Any]) -> None:
    response = stack.api.get(path, params=query)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert response.json()["errors"]
