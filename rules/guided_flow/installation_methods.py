"""By which ways a device comes into a program, as a guided flow offers them: the service task type's, of those that the
program offers."""

from models.catalog.panels import Choice
from models.catalog.programs import Program
from models.catalog.service_tasks import ServiceTaskType
from models.classifications import AssetOwnership, InstallationMethod

_METHOD_LABELS: dict[InstallationMethod, str] = {
    InstallationMethod.BRING_YOUR_OWN: "The customer has it",
    InstallationMethod.UTILITY_INSTALLATION: "A technician brings and installs it",
    InstallationMethod.SELF_INSTALLATION: "It is sent to the customer, who installs it",
    InstallationMethod.RE_ENROLL: "It hangs there already",
}
_OWNERSHIP_LABELS: dict[AssetOwnership, str] = {
    AssetOwnership.UTILITY_OWNED: "The utility's",
    AssetOwnership.CUSTOMER_OWNED: "The customer's",
}


def list_installation_methods(task: ServiceTaskType, program: Program | None) -> tuple[Choice, ...]:
    """How the device may come."""
    known = {method for method, _ in _configured_offers(task, program)}
    return tuple(Choice(value=one, label=label) for one, label in _METHOD_LABELS.items() if one in known)


def list_asset_ownerships(task: ServiceTaskType, program: Program | None, method: str | None) -> tuple[Choice, ...]:
    """Whose the device may be that comes by this method."""
    known = {ownership for way, ownership in _configured_offers(task, program) if way == method}
    return tuple(Choice(value=one, label=label) for one, label in _OWNERSHIP_LABELS.items() if one in known)


def _configured_offers(
    task: ServiceTaskType, program: Program | None
) -> set[tuple[InstallationMethod, AssetOwnership]]:
    configured = {(one.installation_method, one.asset_ownership) for one in task.device_setup}
    if program is None:
        return configured
    return configured & {(one.installation_method, one.asset_ownership) for one in program.offers}
