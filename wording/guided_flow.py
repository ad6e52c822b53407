"""What people read in a guided process flow: the labels of choices and of a field's parts, and what cannot be done."""

from collections.abc import Iterable
from enum import StrEnum

from models.catalog.panels import Choice, FieldPart
from models.classifications import AssetOwnership, InstallationMethod, RemovalMethod
from models.errors import IllegalTransition
from models.states.process_flow import ProcessFlowState
from wording.links import PROCESS_FLOWS

_CHOICE_LABELS: dict[StrEnum, str] = {
    InstallationMethod.BRING_YOUR_OWN: "The customer has it",
    InstallationMethod.UTILITY_INSTALLATION: "A technician brings and installs it",
    InstallationMethod.SELF_INSTALLATION: "It is sent to the customer, who installs it",
    InstallationMethod.RE_ENROLL: "It hangs there already",
    AssetOwnership.UTILITY_OWNED: "The utility's",
    AssetOwnership.CUSTOMER_OWNED: "The customer's",
    RemovalMethod.KEEP: "It stays where it is",
    RemovalMethod.UTILITY_REMOVAL: "A technician fetches it",
    RemovalMethod.SHIP_BACK: "The customer ships it back",
}
_PART_LABELS: dict[str, str] = {
    "version": "Version",
    "accepted_by": "Accepted by",
    "accepted_at": "Accepted at",
    "start": "From",
    "end": "Until",
    "specification": "Make and model",
    "serial_number": "Serial number",
    "nic_id": "NIC id or MAC address",
    "badge_number": "Badge number",
    "device_location_type": "Where it hangs",
    "device": "Device",
    "removal_method": "What becomes of it",
}


def label_choices(values: Iterable[StrEnum]) -> tuple[Choice, ...]:
    """Returns the values with their labels, as a field offers them."""
    return tuple(Choice(value=value, label=_CHOICE_LABELS[value]) for value in values)


def label_parts(parts: Iterable[FieldPart]) -> tuple[FieldPart, ...]:
    """Returns the parts with their labels. A qualification question is its own label, as the catalog has it."""
    return tuple(part.model_copy(update={"label": label_part(part.label)}) for part in parts)


def label_part(label: str) -> str:
    """Returns the label of a part that rules name by its code."""
    return _PART_LABELS.get(label, label)


def process_flow_has_ended(state: ProcessFlowState) -> IllegalTransition:
    """Returns the problem: only a draft can be changed."""
    return IllegalTransition(
        f"The process flow is {state} and cannot be changed any more.", fix=f"Start a new one: POST {PROCESS_FLOWS}."
    )
