"""Draws the premises and service points of a made-up utility: its substations, feeders, streets and tariffs."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

Row = dict[str, object]


@dataclass(frozen=True)
class Substation:
    """A substation and the town it feeds. The towns do not exist; the county lines and time zones could."""

    code: str
    city: str
    postal_code: str
    time_zone: str
    latitude: float
    longitude: float
    feeders: int
    weight: int
    """How many customers it feeds, relative to the others."""


_CENTRAL, _MOUNTAIN = "America/Chicago", "America/Denver"
SUBSTATIONS = (
    Substation("CEDAR", "Cedar Crossing", "69095", _CENTRAL, 41.12, -100.42, 4, 16),
    Substation("MILL", "Cedar Crossing", "69095", _CENTRAL, 41.14, -100.46, 4, 15),
    Substation("ORCHARD", "Cedar Crossing", "69096", _CENTRAL, 41.09, -100.39, 4, 13),
    Substation("PRAIRIE", "Prairie Rose", "69097", _CENTRAL, 40.92, -100.21, 3, 8),
    Substation("ELKFORD", "Elk Ford", "69098", _CENTRAL, 41.38, -100.30, 3, 6),
    Substation("SANDHILL", "Sandhill Junction", "69099", _CENTRAL, 41.55, -100.71, 3, 5),
    Substation("HARMON", "Lake Harmon", "69091", _CENTRAL, 41.01, -100.88, 3, 7),
    Substation("NORTHFORK", "North Fork", "69092", _CENTRAL, 41.43, -101.05, 3, 4),
    Substation("BLUFFS", "Chimney Bluffs", "69193", _MOUNTAIN, 41.21, -101.62, 4, 11),
    Substation("WHEATFIELD", "Wheatfield", "69194", _MOUNTAIN, 41.08, -101.94, 3, 6),
    Substation("ANTELOPE", "Antelope Draw", "69195", _MOUNTAIN, 41.47, -101.80, 3, 4),
    Substation("PONDEROSA", "Ponderosa", "69196", _MOUNTAIN, 41.66, -102.25, 3, 5),
)

CUSTOMER_CLASSES = {"small_business": "small_commercial", "large_business": "large_commercial"}
"""The customer class of a kind of premise; all others are residential."""
_OWNERS_PERCENT = {"single_family": 84, "apartment": 7, "mobile_home": 70, "small_business": 45, "large_business": 80}
_THREE_PHASE_PERCENT = {"residential": 0.8, "small_commercial": 45, "large_commercial": 100}
_TARIFFS = {
    "residential": (("RES-STD", "RES-TOU", "RES-EV-TOU", "RES-LOWINC"), (60, 22, 8, 10)),
    "small_commercial": (("COM-GS1", "COM-GS2"), (92, 8)),
    "large_commercial": (("COM-GS2",), (1,)),
}
_STREETS = (
    "Main St|1st Ave|2nd Ave|3rd St|5th St|9th Ave|N 12th St|S 14th St|W 21st Pl|Cottonwood Ln|Elm St|Oak Ave|"
    "Maple Dr|Cedar Ridge Rd|Meadowlark Ct|Bluestem Blvd|Platte View Dr|Railroad Ave|Homestead Rd|Sunflower Cir|"
    "Dr. Martin Luther King Jr. Blvd|O'Fallon St|Calle Cesar Chavez|Windmill Way|Prairie Dog Trl|Grant St|Lincoln Ave|"
    "Willa Cather Dr|Buffalo Grass Ln|Old Highway 30|Depot St|Mill Race Rd|College Ave|Vine St|Chestnut St|Juniper Ct"
)

_ROADS = ("County Road", "Road", "Avenue")


def is_drawn(rng: random.Random, percent: float) -> bool:
    """Returns whether something happens that happens in this share of cases."""
    return rng.random() * 100 < percent


def draw_substation(rng: random.Random) -> Substation:
    """Returns a substation; those that feed many customers are drawn more often."""
    return rng.choices(SUBSTATIONS, weights=[substation.weight for substation in SUBSTATIONS])[0]


def draw_premise_kind(rng: random.Random, *, is_business: bool) -> str:
    """Returns the type of a premise."""
    if is_business:
        return "large_business" if is_drawn(rng, 15) else "small_business"
    return rng.choices(("single_family", "apartment", "mobile_home"), weights=(78, 16, 6))[0]


def draw_premise(rng: random.Random, substation: Substation, kind: str) -> Row:
    """Returns the columns of a premise except its id."""
    return {
        "address_line_1": _draw_street(rng, kind),
        "address_line_2": _draw_unit(rng, kind),
        "city": substation.city,
        "region": "NE",
        "postal_code": substation.postal_code,
        "country": "US",
        "time_zone": substation.time_zone,
        "premise_type": kind,
        "owner_occupied": "true" if is_drawn(rng, _OWNERS_PERCENT[kind]) else "false",
    }


def _draw_street(rng: random.Random, kind: str) -> str:
    if kind in ("single_family", "large_business") and is_drawn(rng, 12):
        number, name, road = rng.randrange(10_000, 79_999), rng.choice(_ROADS), rng.randrange(2, 460)
        return f"{number} {name} {road}"
    return f"{rng.randrange(100, 4_999)} {rng.choice(_STREETS.split('|'))}"


def _draw_unit(rng: random.Random, kind: str) -> str:
    if kind == "apartment":
        return f"{rng.choice(('Apt', 'Unit', '#'))} {rng.randrange(1, 40)}{rng.choice(('', '', 'A', 'B', 'C'))}"
    if kind == "mobile_home":
        return f"Lot {rng.randrange(1, 180)}"
    return f"Suite {rng.randrange(100, 420)}" if kind == "small_business" and is_drawn(rng, 40) else ""


def draw_service_point(rng: random.Random, substation: Substation, customer_class: str) -> Row:
    """Returns the columns of a service point except its id and its feeder."""
    return {
        "customer_class": customer_class,
        "tariff": _draw_tariff(rng, customer_class),
        "meter_type": "ami" if is_drawn(rng, 90) else "manual",
        "phase_count": 3 if is_drawn(rng, _THREE_PHASE_PERCENT[customer_class]) else 1,
        "latitude": f"{substation.latitude + rng.uniform(-0.04, 0.04):.4f}",
        "longitude": f"{substation.longitude + rng.uniform(-0.05, 0.05):.4f}",
        "critical": "true" if is_drawn(rng, 1.5) else "false",
        "effective_from": _draw_start_date(rng),
        "effective_to": "",
    }


def _draw_tariff(rng: random.Random, customer_class: str) -> str:
    names, weights = _TARIFFS[customer_class]
    return rng.choices(names, weights=weights)[0]


def _draw_start_date(rng: random.Random) -> date:
    """Returns the later of two days: customers move, so recent days are likelier."""
    return date(1996, 1, 1) + timedelta(days=max(rng.randrange(10_700), rng.randrange(10_700)))


def draw_feeder(rng: random.Random, substation: Substation, *, is_known: bool) -> Row:
    """Returns feeder, transformer and substation, which are empty for a service point that the grid model lacks."""
    feeder = f"{substation.code}-12{rng.randrange(1, substation.feeders + 1):02d}"
    transformer = f"T{feeder[-2:]}-{rng.randrange(1, 400):04d}"
    return {
        "feeder": feeder if is_known else "",
        "transformer": transformer if is_known else "",
        "substation": substation.code if is_known or is_drawn(rng, 50) else "",
    }
