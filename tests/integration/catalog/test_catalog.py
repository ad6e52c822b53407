"""The catalog is applied as one validated whole, or not at all (docs/domain.md#catalog)."""

from typing import Any

import httpx
import pytest

from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def catalog(doors: RunningStack) -> dict[str, Any]:
    return doors.get_catalog()


def _put(doors: RunningStack, catalog: dict[str, Any], **headers: str) -> httpx.Response:
    return doors.api.put(
        "/v1/catalog", json=catalog, headers={name.replace("_", "-"): headers[name] for name in headers}
    )


def _version(doors: RunningStack) -> int:
    return doors.api.get("/v1/catalog").json()["version"]


def test_a_repeated_import_changes_nothing(doors: RunningStack, catalog: dict[str, Any]) -> None:
    before = _version(doors)
    assert _put(doors, catalog).json() == {"version": before, "applied": False, "changes": []}


def test_a_dry_run_returns_the_changes_and_applies_nothing(doors: RunningStack, catalog: dict[str, Any]) -> None:
    before = _version(doors)
    catalog["programs"][0]["name"] = "Another name"
    answer = doors.api.put("/v1/catalog", json=catalog, params={"dry_run": True}).json()
    assert (answer["applied"], _version(doors)) == (False, before)
    (change,) = answer["changes"]
    assert (change["kind"], change["change"], change["fields"]["name"][1]) == ("programs", "changed", "Another name")


def test_a_new_version_is_shown_with_what_changed(doors: RunningStack, catalog: dict[str, Any]) -> None:
    code, before = doors.unique_name("HE"), _version(doors)
    catalog["head_end_systems"].append({"code": code, "vendor": "Acme", "description": "Acme cloud"})
    answer = _put(doors, catalog)
    assert answer.json()["version"] == before + 1
    assert [(one["kind"], one["code"], one["change"]) for one in answer.json()["changes"]] == [
        ("head_end_systems", code, "added")
    ]
    assert answer.headers["etag"] == doors.api.get("/v1/catalog").headers["etag"] == f'"{before + 1}"'


def test_two_editors_do_not_overwrite_each_other(doors: RunningStack, catalog: dict[str, Any]) -> None:
    stale = f'"{_version(doors)}"'
    doors.add_program(doors.unique_name("NEW"))
    answer = _put(doors, catalog, If_Match=stale)
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (412, "stale-version")
    assert _put(doors, doors.get_catalog(), If_Match=f'"{_version(doors)}"').status_code == 200
    assert _put(doors, catalog, If_Match="rubbish").status_code == 422


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
def test_a_mistake_is_refused_with_its_location(doors: RunningStack, catalog: dict[str, Any], pointer: str) -> None:
    before = _version(doors)
    answer = _put(doors, _mistaken(catalog, *MISTAKES[pointer]))
    assert answer.status_code == 422
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert _version(doors) == before


def test_all_mistakes_are_reported_together(doors: RunningStack, catalog: dict[str, Any]) -> None:
    for pointer in ("/programs/0/program_type", "/specifications/0/head_end", "/master_configuration/derms"):
        _mistaken(catalog, *MISTAKES[pointer])
    pointers = {one["pointer"] for one in _put(doors, catalog).json()["errors"]}
    assert {"/programs/0/program_type", "/specifications/0/head_end", "/master_configuration/derms"} <= pointers


def test_a_cap_below_what_is_in_use_is_refused(doors: RunningStack) -> None:
    program = doors.unique_name("CAP")
    doors.add_program(program)
    doors.wait_for_enrollment(doors.submit_accepted(doors.build_application(program=program)), "enrolled")
    catalog = doors.get_catalog()
    entry = next(one for one in catalog["programs"] if one["code"] == program)
    entry["capacity"] = {"customers": 0}
    place = f"/programs/{catalog['programs'].index(entry)}/capacity/customers"
    assert [one["pointer"] for one in _put(doors, catalog).json()["errors"]] == [place]
    catalog["programs"].remove(entry)
    assert _put(doors, catalog).status_code == 422
