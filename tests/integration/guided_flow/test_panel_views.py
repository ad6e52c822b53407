"""A client can build a guided flow's pages from the view alone: it contains the fields, options and limits."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.integration.clients.guided_flows import TERMS, GuidedFlowClient, take_customer
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def person(stack: RunningStack) -> dict[str, str]:
    return take_customer(stack)


@pytest.fixture
def charging(stack: RunningStack, person: dict[str, str]) -> GuidedFlowClient:
    return GuidedFlowClient(stack, type="enroll", customer=person["customer"], program="EV-MANAGED")


@pytest.fixture
def taking_part(stack: RunningStack, person: dict[str, str]) -> dict[str, Any]:
    enrollment = stack.enroll(account=person["cis_account_id"], service_point=person["cis_service_point_id"])
    return stack.get_enrollment(enrollment)["subscription"]


@pytest.fixture
def unenrollments(stack: RunningStack, person: dict[str, str], taking_part: dict[str, Any]) -> GuidedFlowClient:
    return GuidedFlowClient(stack, type="unenroll", customer=person["customer"], subscription=taking_part["id"])


def parts(field: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {part["code"]: part for part in field["parts"]}


def values(choices: list[dict[str, str]]) -> list[str]:
    return [choice["value"] for choice in choices]


def test_the_customers_service_points_are_offered_and_the_only_one_is_the_default(
    charging: GuidedFlowClient, person: dict[str, str]
) -> None:
    place = charging.get_field("service_point")
    (choice,) = place["choices"]
    assert place["value"] == choice["value"] == person["cis_service_point_id"]
    assert person["address_line_1"][:20] in choice["label"]
    assert person["city"] in choice["label"]


def test_several_service_points_are_offered_without_a_default(charging: GuidedFlowClient, stack: RunningStack) -> None:
    other = take_customer(stack)
    stack.database.execute(
        "UPDATE account SET customer_id = $1 WHERE cis_account_id = $2",
        charging.response.json()["customer"],
        other["cis_account_id"],
    )
    place = charging.get_field("service_point")
    assert (len(place["choices"]), place["value"]) == (2, None)


def test_the_programs_questions_are_asked(charging: GuidedFlowClient) -> None:
    asked = parts(charging.get_field("answers"))
    assert asked["vehicle_kind"]["label"] == "What kind of vehicle do you charge at home?"
    assert values(asked["vehicle_kind"]["choices"]) == ["battery electric", "plug-in hybrid", "none"]
    texts = [(part["kind"], part["required"], part["max_length"]) for part in asked.values()]
    assert texts == [("choice", True, None), ("text", False, 500)]


def test_the_terms_panel_names_the_document_to_accept(charging: GuidedFlowClient) -> None:
    terms = charging.get_field("terms")
    assert terms["url"] == "https://example.com/cedar-valley-power/terms/ev-managed-charging/2026-01"
    assert values(parts(terms)["version"]["choices"]) == ["2026-01"]
    assert [part["kind"] for part in terms["parts"]] == ["choice", "text", "instant"]


def test_devices_are_offered_by_make_and_model(charging: GuidedFlowClient) -> None:
    devices = charging.get_field("devices")
    assert (devices["minimum"], devices["maximum"]) == (1, 2)
    made_of = parts(devices)
    assert {"value": "flo-home-x5", "label": "FLO Home X5"} in made_of["specification"]["choices"]
    assert values(made_of["device_location_type"]["choices"]) == ["garage", "driveway", "outside-wall"]
    assert [code for code, part in made_of.items() if part["required"]] == ["specification", "serial_number"]


def test_identical_makes_and_models_are_distinguished(stack: RunningStack, person: dict[str, str]) -> None:
    guide = GuidedFlowClient(stack, type="enroll", customer=person["customer"], program="SMART-INV")
    offered = parts(guide.get_field("devices"))["specification"]["choices"]
    assert len({choice["label"] for choice in offered}) == len(offered) > 3000
    texts = guide.save_invalid_panel("device", {"devices": [{"specification": "x", "serial_number": "1"}]})
    assert texts["/values/devices/0/specification"] == f"is none of the {len(offered)} choices"


def test_participating_devices_are_offered_for_unenrollment(
    unenrollments: GuidedFlowClient, taking_part: dict[str, Any]
) -> None:
    devices = unenrollments.get_field("devices")
    (device,) = taking_part["devices"]
    made_of = parts(devices)
    (choice,) = made_of["device"]["choices"]
    assert choice["value"] == device["id"]
    assert device["serial_number"] in choice["label"]
    assert values(made_of["removal_method"]["choices"]) == ["keep"]
    assert (devices["minimum"], devices["maximum"]) == (None, 1)
    texts = unenrollments.save_invalid_panel(
        "leaving", {"reason": "move_out", "devices": [{"device": "dev_x", "removal_method": "keep"}]}
    )
    assert list(texts) == ["/values/devices/0/device"]


def test_a_text_field_has_its_maximum_length(unenrollments: GuidedFlowClient) -> None:
    assert unenrollments.get_field("note")["max_length"] == 2000


def test_a_page_built_from_the_view_alone_completes_an_enrollment(charging: GuidedFlowClient) -> None:
    """Fill every field by its type with the first option, panel by panel, following the links of the view."""

    def response(part: dict[str, Any]) -> Any:
        by_kind = {"text": charging.stack.unique_name("T"), "instant": TERMS["accepted_at"]}
        return part["choices"][0]["value"] if part["choices"] else by_kind[part["kind"]]

    view = charging.get()
    while view["current_panel"] != "summary":
        panel = next(one for one in view["panels"] if one["code"] == view["current_panel"])
        entered: dict[str, Any] = {}
        for field in (one for one in panel["fields"] if one["kind"] != "date"):
            made_of = {part["code"]: response(part) for part in field["parts"] if part["required"]}
            entered[field["code"]] = [made_of] if field["kind"] == "device" else made_of or field["value"]
        path = view["links"]["save"].format(panel=panel["code"])
        view = charging.stack.api.put(path, json={"values": entered}).raise_for_status().json()
    charging.stack.api.post(view["links"]["finish"]).raise_for_status()
    made = charging.get()["links"]["result"]
    assert charging.stack.api.get(made).raise_for_status().json()["devices_requested"]


@pytest.mark.parametrize(("zone", "over"), [("Pacific/Kiritimati", True), ("Etc/GMT+12", False)])
def test_a_date_ends_at_the_premises_midnight(
    charging: GuidedFlowClient, stack: RunningStack, zone: str, over: bool
) -> None:
    place = charging.get_field("service_point")["value"]
    stack.database.execute(
        "UPDATE premise SET time_zone = $1 FROM service_point sp "
        "WHERE premise.cis_premise_id = sp.cis_premise_id AND sp.cis_service_point_id = $2",
        zone,
        place,
    )
    eastmost = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    entered = {
        "answers": {"vehicle_kind": "battery electric"},
        "terms": TERMS,
        "start_date": f"{eastmost - timedelta(1)}",
    }
    assert charging.save_panel("terms", entered).status_code == (422 if over else 200)


@pytest.mark.parametrize("nonsense", [{"a": 1}, ["a"], 7, "SP-0"])
def test_an_invalid_draft_value_is_shown_as_an_error(charging: GuidedFlowClient, nonsense: Any) -> None:
    for panel, code in (("program", "service_point"), ("device", "devices"), ("terms", "answers"), ("terms", "terms")):
        saved = charging.save_panel(panel, {code: nonsense}, complete=False)
        assert saved.status_code == 200, saved.text
        (texts,) = (one["faults"] for one in saved.json()["panels"] if one["code"] == panel)
        assert any(fault["pointer"].startswith(f"/{panel}/{code}") for fault in texts)


def test_a_past_effective_date_is_refused(unenrollments: GuidedFlowClient) -> None:
    texts = unenrollments.save_invalid_panel("leaving", {"reason": "move_out", "effective_date": "2020-01-01"})
    assert texts["/values/effective_date"].startswith("2020-01-01 is over.")


def test_the_summary_shows_the_decision_as_of_now(stack: RunningStack, person: dict[str, str]) -> None:
    taken = stack.unique_name("SN")
    stack.enroll(devices=[{"specification": "ecobee-premium", "serial_number": taken}])
    guide = GuidedFlowClient(stack, type="enroll", customer=person["customer"], program="TSTAT-DR")
    assert guide.get()["outlook"] is None
    guide.save_valid_panel("program", {"program": "TSTAT-DR", "service_point": person["cis_service_point_id"]})
    guide.save_valid_panel("terms", {"terms": TERMS})
    device = {"specification": "ecobee-premium", "serial_number": taken}
    preview = guide.save_valid_panel("device", {"devices": [device]})["outlook"]
    (finding,) = preview["findings"]
    assert (preview["outcome"], finding["rule"]) == ("rejected", "serial_free")
    assert finding["pointers"] == ["/device/devices/0/serial_number"]
    preview = guide.save_valid_panel("device", {"devices": [{**device, "serial_number": stack.unique_name("SN")}]})[
        "outlook"
    ]
    assert (preview["outcome"], preview["findings"]) == ("accepted", [])
    guide.post("finish").raise_for_status()
    assert guide.get()["outlook"] is None


def test_the_summary_announces_the_waitlist(stack: RunningStack, person: dict[str, str]) -> None:
    program = stack.unique_name("FULL")
    stack.add_program(program, capacity={"customers": 0, "waitlist": True})
    guide = GuidedFlowClient(stack, type="enroll", customer=person["customer"], program=program)
    guide.save_valid_panel(
        "device", {"devices": [{"specification": "ecobee-premium", "serial_number": stack.unique_name("SN")}]}
    )
    preview = guide.save_valid_panel("terms", {"terms": TERMS})["outlook"]
    assert (preview["outcome"], [one["rule"] for one in preview["findings"]]) == ("waitlisted", ["capacity"])


def test_the_summary_announces_the_minimum_term(stack: RunningStack, person: dict[str, str]) -> None:
    program = stack.unique_name("YEAR")
    stack.add_program(program, subscription_type="one-year-term")
    where = {"account": person["cis_account_id"], "service_point": person["cis_service_point_id"]}
    subscription = stack.get_enrollment(stack.enroll(program=program, **where))["subscription"]["id"]
    guide = GuidedFlowClient(stack, type="unenroll", customer=person["customer"], subscription=subscription)
    preview = guide.save_valid_panel("leaving", {"reason": "customer_opt_out"})["outlook"]
    (finding,) = preview["findings"]
    assert (preview["outcome"], finding["rule"]) == ("rejected", "minimum_term")
    assert finding["pointers"] == ["/leaving/effective_date"]
    preview = guide.save_valid_panel("leaving", {"reason": "life_support"})["outlook"]
    assert (preview["outcome"], preview["findings"]) == ("accepted", [])
