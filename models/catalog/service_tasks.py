"""Catalog entries about process flows: device setup, service levels, reasons, problems and panels."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from models.catalog.entry import CatalogEntry
from models.catalog.panels import PanelSpec
from models.classifications import AssetOwnership, Channel, InstallationMethod
from models.values import Code, Sentence, Value


class SetupStep(StrEnum):
    """One thing done between acceptance and association."""

    WORK_ORDER = "work_order"
    DEVICE_STATUS_CHECK = "device_status_check"
    SHIP_DEVICE = "ship_device"


class DeviceSetup(Value):
    """Which steps set a device up, for one installation method and ownership."""

    installation_method: InstallationMethod
    asset_ownership: AssetOwnership
    steps: tuple[SetupStep, ...] = ()

    @model_validator(mode="after")
    def _steps_are_in_a_workable_order(self) -> "DeviceSetup":
        brings = [step for step in self.steps if step is not SetupStep.DEVICE_STATUS_CHECK]
        if len(brings) > 1:
            raise ValueError("a device is shipped or brought by a technician, once")
        if len(self.steps) > len(brings) + 1 or SetupStep.DEVICE_STATUS_CHECK in self.steps[:-1]:
            raise ValueError("the device is checked once, after everything else")
        return self


class ServiceLevel(Value):
    """How long field work and shipments may take, and how often a visit is tried."""

    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    remind_after_days: Annotated[int, Field(ge=1, le=365)] = 3
    escalate_after_days: Annotated[int, Field(ge=1, le=365)] = 14
    expire_after_days: Annotated[int, Field(ge=1, le=730)] = 180

    @model_validator(mode="after")
    def _deadlines_are_in_order(self) -> "ServiceLevel":
        if not self.remind_after_days <= self.escalate_after_days <= self.expire_after_days:
            raise ValueError("reminding comes before escalating, and that before expiring")
        return self


class UnenrollmentReason(Value):
    """Why a customer leaves, and what follows from it."""

    code: Code
    description: Sentence
    approval: bool = False
    stops_control_first: bool = Field(
        default=False, description="notify the DERMS before a technician removes the hardware, as for life support"
    )
    ignores_minimum_term: bool = False
    channels: tuple[Channel, ...] = Field(default=(), description="who may give it; none named: everyone")


class KnownProblem(Value):
    """What can be wrong with a device, as a customer says it."""

    code: Code
    description: Sentence


class ServiceTaskType(CatalogEntry):
    """The configuration of a process flow."""

    process_flow: Literal["enroll", "unenroll", "service_call"]
    device_setup: tuple[DeviceSetup, ...] = ()
    service_level: ServiceLevel = ServiceLevel()
    draft_expires_after_days: Annotated[int, Field(ge=1, le=365)] = 30
    approval: bool = Field(default=False, description="a program manager approves each request")
    reason_required: bool = False
    reasons: tuple[UnenrollmentReason, ...] = ()
    problems: tuple[KnownProblem, ...] = ()
    panels: Annotated[tuple[PanelSpec, ...], Field(max_length=30)] = ()
