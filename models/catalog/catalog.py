"""The catalog as one validated document: what a program manager writes in catalog.yaml (docs/domain.md#catalog).

References between its entries are checked by `rules.catalog.references`, with the path of each that leads nowhere.
"""

from models.catalog.devices import ControllableAssetType, DeviceLocationType, HeadEndSystem, Specification
from models.catalog.external_systems import ExternalSystem, MasterConfiguration, MessageSender, WebService
from models.catalog.programs import Program, ProgramType, SubscriptionType
from models.catalog.service_tasks import ServiceTaskType
from models.values import Value


class Catalog(Value):
    """All of it."""

    controllable_asset_types: tuple[ControllableAssetType, ...] = ()
    head_end_systems: tuple[HeadEndSystem, ...] = ()
    specifications: tuple[Specification, ...] = ()
    device_location_types: tuple[DeviceLocationType, ...] = ()
    program_types: tuple[ProgramType, ...] = ()
    subscription_types: tuple[SubscriptionType, ...] = ()
    service_task_types: tuple[ServiceTaskType, ...] = ()
    external_systems: tuple[ExternalSystem, ...] = ()
    web_services: tuple[WebService, ...] = ()
    message_senders: tuple[MessageSender, ...] = ()
    programs: tuple[Program, ...] = ()
    master_configuration: MasterConfiguration | None = None


CATALOG_LISTS = tuple(name for name in Catalog.model_fields if name != "master_configuration")
"""The names of the catalog's lists, in the order in which they refer to each other."""
