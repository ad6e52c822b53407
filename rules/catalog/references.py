"""Whether a catalog is consistent: codes are unique, every reference exists, every program can run."""

from collections.abc import Iterator

from models.catalog.catalog import CATALOG_LISTS, Catalog
from models.catalog.eligibility import OwnerConsentRule
from models.catalog.entry import CatalogEntry
from models.catalog.programs import Program
from models.classifications import InstallationMethod
from rules.field_error import FieldError
from rules.guided_flow.bindings import find_panel_errors

_REFERENCES: tuple[tuple[str, str, str], ...] = (
    ("specifications", "asset_type", "controllable_asset_types"),
    ("specifications", "head_end", "head_end_systems"),
    ("device_location_types", "asset_types", "controllable_asset_types"),
    ("program_types", "asset_types", "controllable_asset_types"),
    ("web_services", "external_system", "external_systems"),
    ("message_senders", "web_service", "web_services"),
    ("programs", "program_type", "program_types"),
    ("programs", "subscription_type", "subscription_types"),
    ("programs", "enroll_task", "service_task_types"),
    ("programs", "unenroll_task", "service_task_types"),
    ("programs", "service_call_task", "service_task_types"),
)


def get_entries(catalog: Catalog, kind: str) -> tuple[CatalogEntry, ...]:
    """The configuration objects of one kind, such as `programs`."""
    return getattr(catalog, kind)


def _codes(catalog: Catalog, kind: str) -> set[str]:
    return {entry.code for entry in get_entries(catalog, kind)}


def _duplicate_codes(catalog: Catalog) -> Iterator[FieldError]:
    for kind in CATALOG_LISTS:
        seen: set[str] = set()
        for position, entry in enumerate(get_entries(catalog, kind)):
            if entry.code in seen:
                yield FieldError(f"/{kind}/{position}/code", "code_repeated", {"code": entry.code})
            seen.add(entry.code)


def _dangling_references(catalog: Catalog) -> Iterator[FieldError]:
    for kind, field, target in _REFERENCES:
        known = _codes(catalog, target)
        for position, entry in enumerate(get_entries(catalog, kind)):
            value: str | tuple[str, ...] | None = getattr(entry, field)
            if value is None:
                continue
            many = isinstance(value, tuple)
            for index, code in enumerate(value if many else (value,)):
                if code not in known:
                    place = f"/{kind}/{position}/{field}" + (f"/{index}" if many else "")
                    yield FieldError(place, "not_in_list", {"code": code, "list": target})


def _program_errors(catalog: Catalog) -> Iterator[FieldError]:
    asset_types = _codes(catalog, "controllable_asset_types")
    specifications = _codes(catalog, "specifications")
    for position, program in enumerate(catalog.programs):
        for index, accepted in enumerate(program.accepts):
            place = f"/programs/{position}/accepts/{index}"
            if accepted.asset_type not in asset_types:
                yield FieldError(
                    f"{place}/asset_type",
                    "not_in_list",
                    {"code": accepted.asset_type, "list": "controllable_asset_types"},
                )
            for code in accepted.specifications:
                if code not in specifications:
                    yield FieldError(f"{place}/specifications", "not_in_list", {"code": code, "list": "specifications"})
        yield from _offers_without_device_setup(catalog, position, program)
        yield from _offers_below_minimum_devices(position, program)
        yield from _consent_without_question(position, program)


def _offers_without_device_setup(catalog: Catalog, position: int, program: Program) -> Iterator[FieldError]:
    task = next((entry for entry in catalog.service_task_types if entry.code == program.enroll_task), None)
    if task is None:
        return
    ways = {(setup.installation_method, setup.asset_ownership) for setup in task.device_setup}
    for index, offer in enumerate(program.offers):
        if (offer.installation_method, offer.asset_ownership) not in ways:
            yield FieldError(
                f"/programs/{position}/offers/{index}",
                "no_device_setup",
                {"task": task.code, "method": offer.installation_method, "ownership": offer.asset_ownership},
            )


def _offers_below_minimum_devices(position: int, program: Program) -> Iterator[FieldError]:
    """A visit or a shipment brings one device; a program that wants more at once cannot be joined that way."""
    brought = (InstallationMethod.UTILITY_INSTALLATION, InstallationMethod.SELF_INSTALLATION)
    for index, offer in enumerate(program.offers):
        if offer.installation_method in brought and program.devices.minimum > 1:
            yield FieldError(
                f"/programs/{position}/offers/{index}",
                "method_brings_one_device",
                {"method": offer.installation_method, "minimum": program.devices.minimum},
            )


def _consent_without_question(position: int, program: Program) -> Iterator[FieldError]:
    questions = {question.code for question in program.questions}
    for index, rule in enumerate(program.eligibility):
        if isinstance(rule, OwnerConsentRule) and rule.answer not in questions:
            yield FieldError(
                f"/programs/{position}/eligibility/{index}/answer", "no_such_question", {"answer": rule.answer}
            )


def _master_configuration_errors(catalog: Catalog) -> Iterator[FieldError]:
    master = catalog.master_configuration
    if master is None:
        if any(program.active for program in catalog.programs):
            yield FieldError("/master_configuration", "master_configuration_missing")
        return
    systems = {system.code for system in catalog.external_systems if system.kind == "derms"}
    if master.derms not in systems:
        yield FieldError("/master_configuration/derms", "not_a_derms", {"code": master.derms})
    if master.sync_message_sender not in _codes(catalog, "message_senders"):
        yield FieldError(
            "/master_configuration/sync_message_sender",
            "not_in_list",
            {"code": master.sync_message_sender, "list": "message_senders"},
        )


def find_catalog_errors(catalog: Catalog) -> tuple[FieldError, ...]:
    """Returns everything that keeps the catalog from being applied, each with its path in the document."""
    checks = (_duplicate_codes, _dangling_references, _program_errors, _master_configuration_errors, find_panel_errors)
    return tuple(fault for check in checks for fault in check(catalog))
