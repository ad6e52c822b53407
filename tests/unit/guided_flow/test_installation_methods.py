"""A guided flow offers the installation methods of the service task type, as far as the program offers them."""

from typing import Any

from models.catalog.programs import Program
from models.catalog.service_tasks import ServiceTaskType
from rules.guided_flow.installation_methods import list_asset_ownerships, list_installation_methods

PARCEL = {"installation_method": "self_installation", "asset_ownership": "utility_owned"}
BROUGHT = {"installation_method": "utility_installation", "asset_ownership": "utility_owned"}
SOLD = {"installation_method": "utility_installation", "asset_ownership": "customer_owned"}


def task(*ways: dict[str, Any]) -> ServiceTaskType:
    return ServiceTaskType.model_validate(
        {"code": "t", "description": "t", "process_flow": "enroll", "device_setup": list(ways)}
    )


def program(*offers: dict[str, Any]) -> Program:
    return Program.model_construct(offers=tuple(task(*offers).device_setup))


def test_every_method_of_the_task_is_offered_before_the_program_is_chosen() -> None:
    offered = [one.value for one in list_installation_methods(task(PARCEL, BROUGHT, SOLD), None)]
    assert offered == ["utility_installation", "self_installation"]


def test_the_program_may_offer_fewer_methods() -> None:
    assert [one.value for one in list_installation_methods(task(PARCEL, BROUGHT), program(PARCEL, SOLD))] == [
        "self_installation"
    ]


def test_ownership_depends_on_the_method() -> None:
    ways = task(PARCEL, BROUGHT, SOLD)
    assert [one.value for one in list_asset_ownerships(ways, None, "self_installation")] == ["utility_owned"]
    assert [one.value for one in list_asset_ownerships(ways, None, "utility_installation")] == [
        "utility_owned",
        "customer_owned",
    ]
    assert list_asset_ownerships(ways, None, None) == ()
