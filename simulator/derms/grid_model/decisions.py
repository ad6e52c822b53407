"""Decides whether the DERMS models a device. Each check is one rule, each refusal a code and a sentence."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from simulator.derms.grid_model.reference import Reference
from simulator.derms.grid_model.resources import DerRepository
from simulator.shared.contract import Document

Registration = Literal["registered", "failed", "deregistered"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the DERMS refuses a device: a code for programs, a text without personal data for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class DeviceCase:
    """One device of one message, and what decides about it."""

    message: Document
    device: Document
    reference: Reference
    resources: DerRepository

    @property
    def subscription(self) -> str:
        return self.message["subscription"]["number"]


@dataclass(frozen=True, slots=True)
class DeviceDecision:
    """What happens to one device."""

    device: Document
    registration: Registration
    refusal: Refusal | None = None


Check = Callable[[DeviceCase], Refusal | None]


def check_sequence(case: DeviceCase) -> Refusal | None:
    """An older snapshot of a subscription must not undo a newer one."""
    last = case.resources.get_last_applied(case.subscription)
    if (case.message["sequence"], case.message["version"]) >= last:
        return None
    return Refusal("STALE_SEQUENCE", f"Sequence {last[0]} version {last[1]} of this subscription is applied already.")


def check_program(case: DeviceCase) -> Refusal | None:
    """The DERMS controls devices by programs that it knows."""
    code = case.message["program"]["code"]
    if case.reference.knows_program(code):
        return None
    return Refusal("UNKNOWN_PROGRAM", f"Program {code} is not known to this DERMS.")


def check_feeder_given(case: DeviceCase) -> Refusal | None:
    """Every resource is modeled on a feeder."""
    if case.message["location"].get("feeder"):
        return None
    return Refusal("FEEDER_MISSING", "The service point has no feeder; the device cannot be placed in the model.")


def check_feeder_known(case: DeviceCase) -> Refusal | None:
    """The feeder must be in the network model."""
    feeder = case.message["location"]["feeder"]
    if case.reference.knows_feeder(feeder):
        return None
    return Refusal("UNKNOWN_FEEDER", f"Feeder {feeder} is not in the network model.")


def check_head_end(case: DeviceCase) -> Refusal | None:
    """The DERMS must know the head-end that reaches the device."""
    head_end = case.device["head_end"]
    if case.reference.knows_head_end(head_end):
        return None
    return Refusal("UNKNOWN_HEAD_END", f"Head-end {head_end} is not known to this DERMS.")


def check_not_modeled_elsewhere(case: DeviceCase) -> Refusal | None:
    """One device is one resource, under one subscription."""
    other = case.resources.find_under_other_subscription(case.device, case.subscription)
    if other is None:
        return None
    return Refusal("DEVICE_ALREADY_MODELLED", f"The device is modeled as {other} under another subscription.")


def check_successor(case: DeviceCase) -> Refusal | None:
    """A device stays modeled until the device that replaces it is accepted, so that one of them can be controlled."""
    for other in case.message["devices"]:
        if case.device["state"] == "replaced" and other["device_id"] == case.device.get("replaced_by"):
            refusal = decide_device(replace(case, device=other)).refusal
            return refusal and Refusal(refusal.code, f"{refusal.text} The device that it replaces stays modeled.")
    return None


_DEREGISTRATION_CHECKS: tuple[Check, ...] = (check_sequence, check_successor)
_REGISTRATION_CHECKS: tuple[Check, ...] = (
    check_sequence,
    check_program,
    check_feeder_given,
    check_feeder_known,
    check_head_end,
    check_not_modeled_elsewhere,
)


def decide_device(case: DeviceCase) -> DeviceDecision:
    """Returns the first refusal, or accepts the device."""
    is_registration = case.device["state"] == "enrolled"
    for check in _REGISTRATION_CHECKS if is_registration else _DEREGISTRATION_CHECKS:
        refusal = check(case)
        if refusal is not None:
            return DeviceDecision(case.device, "failed", refusal)
    return accept_device(case.device)


def accept_device(device: Document) -> DeviceDecision:
    """Returns what happens to a device that no check refuses."""
    return DeviceDecision(device, "registered" if device["state"] == "enrolled" else "deregistered")
