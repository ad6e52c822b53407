"""The journeys that the demo plays. They are data, so a new journey is a new entry of the list."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.demo.actions import (
    CLOSED,
    SYNCHRONIZED,
    UNENROLLED,
    Action,
    DeliverAndConfirmParcel,
    HideProgramFromDerms,
    InstallDevice,
    OpenServiceCall,
    RemoveDevice,
    ReplaceDevice,
    RequestUnenrollment,
    RestoreDermsAndRetry,
)
from models.classifications import InstallationMethod

WAITLISTED = "waitlisted"
REJECTED = "rejected"


@dataclass(frozen=True)
class Journey:
    """A customer enrolls in a program, people act, and the journey has an expected end.

    `specification` is that of the customer's device, or of the one that a technician or a parcel brings.
    """

    key: str
    title: str
    program: str
    specification: str
    location: str
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    expected_ends: frozenset[str] = frozenset({SYNCHRONIZED})
    failing_rule: str = ""
    """The rule that rejects the customer; empty for a customer who is eligible."""
    installation: InstallationMethod = InstallationMethod.BRING_YOUR_OWN
    """How the device is installed. A device that the customer does not bring belongs to the utility."""
    before: Action | None = None
    """An action before the customer enrolls."""
    actions: tuple[Action, ...] = ()
    """The actions of people, one after the other, each as soon as its precondition holds."""


JOURNEYS: tuple[Journey, ...] = (
    Journey(
        key="thermostat",
        title="A thermostat joins demand response",
        program="TSTAT-DR",
        specification="ecobee-premium",
        location="main-living-area",
    ),
    Journey(
        key="ev-charger",
        title="A charger joins managed charging",
        program="EV-MANAGED",
        specification="chargepoint-home-flex",
        location="garage",
        answers={"vehicle_kind": "battery electric", "usual_departure": "07:30"},
    ),
    Journey(
        key="battery",
        title="A home battery joins the virtual power plant",
        program="BATT-VPP",
        specification="enphase-iq-battery-5p",
        location="utility-room",
        answers={"owner_consent": "yes"},
        # The program has a cap: after many demos the next battery waits in line.
        expected_ends=frozenset({SYNCHRONIZED, WAITLISTED}),
    ),
    Journey(
        key="inverter",
        title="A solar inverter supports the grid",
        program="SMART-INV",
        specification="cec-2819",
        location="outside-wall",
    ),
    Journey(
        key="rejected",
        title="A charger on the wrong tariff, and no electric car: rejected",
        program="EV-MANAGED",
        specification="chargepoint-home-flex",
        location="garage",
        answers={"vehicle_kind": "none"},
        expected_ends=frozenset({REJECTED}),
        failing_rule="tariff",
    ),
    Journey(
        key="water-heater",
        title="A technician brings the utility's switch to a water heater",
        program="WH-SWITCH",
        specification="eaton-lcr-6600s",
        location="utility-room",
        answers={"heater_fuel": "electricity", "owner_consent": "yes"},
        installation=InstallationMethod.UTILITY_INSTALLATION,
        actions=(InstallDevice(),),
    ),
    Journey(
        key="parcel",
        title="A thermostat comes by parcel, is confirmed by the customer and answers",
        program="TSTAT-KIT",
        specification="sensi-lite",
        location="main-living-area",
        installation=InstallationMethod.SELF_INSTALLATION,
        actions=(DeliverAndConfirmParcel(),),
    ),
    Journey(
        key="replacement",
        title="A charger goes dark, and a technician replaces it",
        program="EV-MANAGED",
        specification="wallbox-pulsar-plus-40",
        location="garage",
        answers={"vehicle_kind": "battery electric"},
        expected_ends=frozenset({CLOSED}),
        actions=(OpenServiceCall(problem="offline"), ReplaceDevice(specification="wallbox-pulsar-plus-48")),
    ),
    Journey(
        key="leave-keep",
        title="A customer unenrolls and keeps the thermostat",
        program="TSTAT-DR",
        specification="nest-learning-4",
        location="upstairs",
        expected_ends=frozenset({UNENROLLED}),
        actions=(RequestUnenrollment(removal="keep"),),
    ),
    Journey(
        key="leave-removal",
        title="A customer unenrolls, and a technician removes the utility's switch",
        program="WH-SWITCH",
        specification="eaton-lcr-6600s",
        location="garage",
        answers={"heater_fuel": "electricity", "owner_consent": "yes"},
        installation=InstallationMethod.UTILITY_INSTALLATION,
        expected_ends=frozenset({UNENROLLED}),
        actions=(InstallDevice(), RequestUnenrollment(removal="utility_removal"), RemoveDevice()),
    ),
    Journey(
        key="repaired",
        title="The DERMS rejects an inverter; an operator removes the cause and retries",
        program="SMART-INV",
        specification="cec-2819",
        location="roof",
        before=HideProgramFromDerms(),
        actions=(RestoreDermsAndRetry(),),
    ),
)
