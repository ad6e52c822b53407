"""How a device can be installed and who can own it, as a guided process flow offers them.

The service task type says which installation methods it can set up; the program says which of them it offers.
"""

from models.catalog.programs import Program
from models.catalog.service_tasks import ServiceTaskType
from models.classifications import AssetOwnership, InstallationMethod

_OWNERSHIPS = (AssetOwnership.UTILITY_OWNED, AssetOwnership.CUSTOMER_OWNED)
"""In the order in which they are offered."""


def list_installation_methods(task: ServiceTaskType, program: Program | None) -> tuple[InstallationMethod, ...]:
    """Returns the installation methods to choose from; those of the task while no program is chosen."""
    offered = {method for method, _ in _configured_offers(task, program)}
    return tuple(one for one in InstallationMethod if one in offered)


def list_asset_ownerships(
    task: ServiceTaskType, program: Program | None, method: str | None
) -> tuple[AssetOwnership, ...]:
    """Returns the ownerships to choose from for an installation method."""
    offered = {ownership for one, ownership in _configured_offers(task, program) if one == method}
    return tuple(one for one in _OWNERSHIPS if one in offered)


def _configured_offers(
    task: ServiceTaskType, program: Program | None
) -> set[tuple[InstallationMethod, AssetOwnership]]:
    configured = {(one.installation_method, one.asset_ownership) for one in task.device_setup}
    if program is None:
        return configured
    return configured & {(one.installation_method, one.asset_ownership) for one in program.offers}
