"""The journeys that the demo plays: data, so that another one is another entry of the list."""

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
    """Somebody asks for a program, what is done then, and how that has to end.

    `specification`: of the device they have, or of the one that a technician or a parcel brings.
    """

    key: str
    title: str
    program: str
    specification: str
    location: str
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    ends: frozenset[str] = frozenset({SYNCHRONIZED})
    for_whom_fails: str = ""
    """The rule that stands in the way of whoever plays it; empty: somebody who may apply."""
    installation: InstallationMethod = InstallationMethod.BRING_YOUR_OWN
    """How the device comes; what the customer does not bring is the utility's."""
    before: Action | None = None
    """What is done before anything is asked."""
    acts: tuple[Action, ...] = ()
    """What people do one after the other, each once what was before has come so far."""


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
        ends=frozenset({SYNCHRONIZED, WAITLISTED}),
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
        ends=frozenset({REJECTED}),
        for_whom_fails="tariff",
    ),
    Journey(
        key="water-heater",
        title="A technician brings the utility's switch to a water heater",
        program="WH-SWITCH",
        specification="eaton-lcr-6600s",
        location="utility-room",
        answers={"heater_fuel": "electricity", "owner_consent": "yes"},
        installation=InstallationMethod.UTILITY_INSTALLATION,
        acts=(InstallDevice(),),
    ),
    Journey(
        key="parcel",
        title="A thermostat comes by parcel, is confirmed by the customer and answers",
        program="TSTAT-KIT",
        specification="sensi-lite",
        location="main-living-area",
        installation=InstallationMethod.SELF_INSTALLATION,
        acts=(DeliverAndConfirmParcel(),),
    ),
    Journey(
        key="replacement",
        title="A charger goes dark, and a technician replaces it",
        program="EV-MANAGED",
        specification="wallbox-pulsar-plus-40",
        location="garage",
        answers={"vehicle_kind": "battery electric"},
        ends=frozenset({CLOSED}),
        acts=(OpenServiceCall(problem="offline"), ReplaceDevice(specification="wallbox-pulsar-plus-48")),
    ),
    Journey(
        key="leave-keep",
        title="A customer leaves and keeps the thermostat",
        program="TSTAT-DR",
        specification="nest-learning-4",
        location="upstairs",
        ends=frozenset({UNENROLLED}),
        acts=(RequestUnenrollment(removal="keep"),),
    ),
    Journey(
        key="leave-removal",
        title="A customer leaves, and a technician fetches the utility's switch",
        program="WH-SWITCH",
        specification="eaton-lcr-6600s",
        location="garage",
        answers={"heater_fuel": "electricity", "owner_consent": "yes"},
        installation=InstallationMethod.UTILITY_INSTALLATION,
        ends=frozenset({UNENROLLED}),
        acts=(InstallDevice(), RequestUnenrollment(removal="utility_removal"), RemoveDevice()),
    ),
    Journey(
        key="repaired",
        title="The DERMS refuses an inverter; the cause is removed and it is told again",
        program="SMART-INV",
        specification="cec-2819",
        location="roof",
        before=HideProgramFromDerms(),
        acts=(RestoreDermsAndRetry(),),
    ),
)
