"""The catalog is applied as one validated whole, or not at all (docs/domain.md#catalog)."""

from typing import Any

import httpx
import pytest

from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def catalog(stack: RunningStack) -> dict[str, Any]:
    return stack.get_catalog()


def _put(stack: RunningStack, catalog: dict[str, Any], **headers: str) -> httpx.Response:
    return stack.api.put(
        "/v1/catalog", json=catalog, headers={name.replace("_", "-"): headers[name] for name in headers}
    )


def _version(stack: RunningStack) -> int:
    return stack.api.get("/v1/catalog").json()["version"]


def test_a_repeated_import_changes_nothing(stack: RunningStack, catalog: dict[str, Any]) -> None:
    before = _version(stack)
    assert _put(stack, catalog).json() == {"version": before, "applied": False, "changes": []}


def test_a_dry_run_returns_the_changes_and_applies_nothing(stack: RunningStack, catalog: dict[str, Any]) -> None:
    before = _version(stack)
    catalog["programs"][0]["name"] = "Another name"
    response = stack.api.put("/v1/catalog", json=catalog, params={"dry_run": True}).json()
    assert (response["applied"], _version(stack)) == (False, before)
    (change,) = response["changes"]
    assert (change["kind"], change["change"], change["fields"]["name"][1]) == ("programs", "changed", "Another name")


def test_a_new_version_is_shown_with_what_changed(stack: RunningStack, catalog: dict[str, Any]) -> None:
    code, before = stack.unique_name("HE"), _version(stack)
    catalog["head_end_systems"].append({"code": code, "vendor": "Acme", "description": "Acme cloud"})
    response = _put(stack, catalog)
    assert response.json()["version"] == before + 1
    assert [(one["kind"], one["code"], one["change"]) for one in response.json()["changes"]] == [
        ("head_end_systems", code, "added")
    ]
    assert response.headers["etag"] == stack.api.get("/v1/catalog").headers["etag"] == f'"{before + 1}"'


def test_two_editors_do_not_overwrite_each_other(stack: RunningStack, catalog: dict[str, Any]) -> None:
    stale = f'"{_version(stack)}"'
    stack.add_program(stack.unique_name("NEW"))
    response = _put(stack, catalog, If_Match=stale)
    assert (response.status_code, response.json()["type"].split("#")[1]) == (412, "stale-version")
    assert _put(stack, stack.get_catalog(), If_Match=f'"{_version(stack)}"').status_code == 200
    assert _put(stack, catalog, If_Match="rubbish").status_code == 422


MISTAKES: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "/programs/0/eligibility/0": (("programs", 0, "eligibility", 0), {"rule": "moon_phase"}),
    "/programs/0/eligibility/0/hours": (
        ("programs", 0, "eligibility", 0),
        {"rule": "interval_meter", "hours": 1},
    ),
    "/programs/0/eligibility/0/answer": (
        ("programs", 0, "eligibility", 0),
        {"rule": "owner_consent", "answer": "landlord"},
    ),
    "/programs/0/program_type": (("programs", 0, "program_type"), "no-such-type"),
    "/programs/1/code": (("programs", 1, "code"), "TSTAT-DR"),
    "/programs/0/accepts/0/asset_type": (("programs", 0, "accepts", 0, "asset_type"), "toaster"),
    "/specifications/0/rated_kw": (("specifications", 0, "rated_kw"), -1),
    "/specifications/0/head_end": (("specifications", 0, "head_end"), "nobody"),
    "/programs/0/surprise": (("programs", 0, "surprise"), 1),
    "/master_configuration/derms": (("master_configuration", "derms"), "cis"),
}


def _mistaken(catalog: dict[str, Any], place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    *path, last = place
    at: Any = catalog
    for step in path:
        at = at[step]
    at[last] = value
    return catalog


@pytest.mark.parametrize("pointer", MISTAKES)
def test_a_mistake_is_refused_with_its_location(stack: RunningStack, catalog: dict[str, Any], pointer: str) -> None:
    before = _version(stack)
    response = _put(stack, _mistaken(catalog, *MISTAKES[pointer]))
    assert response.status_code == 422
    assert pointer in [one["pointer"] for one in response.json()["errors"]]
    assert _version(stack) == before


def test_all_mistakes_are_reported_together(stack: RunningStack, catalog: dict[str, Any]) -> None:
    for pointer in ("/programs/0/program_type", "/specifications/0/head_end", "/master_configuration/derms"):
        _mistaken(catalog, *MISTAKES[pointer])
    pointers = {one["pointer"] for one in _put(stack, catalog).json()["errors"]}
    assert {"/programs/0/program_type", "/specifications/0/head_end", "/master_configuration/derms"} <= pointers


def test_a_cap_below_what_is_in_use_is_refused(stack: RunningStack) -> None:
    program = stack.unique_name("CAP")
    stack.add_program(program)
    stack.wait_for_enrollment(stack.submit_accepted(stack.build_application(program=program)), "enrolled")
    catalog = stack.get_catalog()
    entry = next(one for one in catalog["programs"] if one["code"] == program)
    entry["capacity"] = {"customers": 0}
    place = f"/programs/{catalog['programs'].index(entry)}/capacity/customers"
    assert [one["pointer"] for one in _put(stack, catalog).json()["errors"]] == [place]
    catalog["programs"].remove(entry)
    assert _put(stack, catalog).status_code == 422
