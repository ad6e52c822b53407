"""The journeys that the demo plays: data, so that another one is another entry of the list."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SYNCHRONIZED = "synchronized"
WAITLISTED = "waitlisted"
REJECTED = "rejected"


@dataclass(frozen=True)
class Journey:
    """Somebody asks for a program with a device of their own, and how that has to end."""

    key: str
    title: str
    program: str
    specification: str
    location: str
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    ends: frozenset[str] = frozenset({SYNCHRONIZED})
    for_whom_fails: str = ""
    """The rule that stands in the way of whoever plays it; empty: somebody who may apply."""


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
)
