"""Write customers.csv: the customers of a utility that does not exist, the same bytes on every run and machine.

Each person has a separate random generator, so that a larger file begins with the content of a smaller one.
"""

import argparse
import csv
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from customer_names import (
    AREA_CODES,
    BUSINESSES,
    DOCUMENTED_LANGUAGES,
    DOCUMENTED_NAMES,
    ORIGINS,
    STREETS,
)

SEED = "cedar-valley-power-2026"
DOCUMENTED = 10
COLUMNS = (
    "cis_person_id", "name", "email", "phone", "language", "cis_account_id", "account_status", "cis_premise_id",
    "address_line_1", "address_line_2", "city", "region", "postal_code", "country", "time_zone", "premise_type",
    "owner_occupied", "cis_service_point_id", "customer_class", "tariff", "meter_type", "phase_count", "feeder",
    "transformer", "substation", "latitude", "longitude", "critical", "effective_from", "effective_to",
)  # fmt: skip
Row = dict[str, object]


@dataclass(frozen=True)
class Substation:
    """A substation and the town that it supplies. The towns do not exist; their time zones are plausible."""

    code: str
    city: str
    postal_code: str
    time_zone: str
    latitude: float
    longitude: float
    feeders: int
    weight: int


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


def _happens(rng: random.Random, percent: float) -> bool:
    return rng.random() * 100 < percent


def _insert_spaces(word: str) -> str:
    return word.replace("_", " ")


def _choose_person_name(rng: random.Random) -> tuple[str, str]:
    """Return a name and the preferred language of its bearer."""
    origin = rng.choices(ORIGINS, weights=[origin.in_thousand for origin in ORIGINS])[0]
    first, last = _insert_spaces(rng.choice(origin.given.split())), _insert_spaces(rng.choice(origin.family.split()))
    if origin.language in ("zh", "ko") and not (first + last).isascii():
        name = last + first if not first.isascii() and not last.isascii() else f"{last} {first}"
    elif origin.language == "vi":
        name = f"{last} {first}"
    elif origin.language == "es" and _happens(rng, 40):
        name = f"{first} {last} {_insert_spaces(rng.choice(origin.family.split()))}"
    else:
        name = f"{first} {last}"
    if _happens(rng, 3):
        name += rng.choice((", Jr.", " III", ", M.D.", " (Estate of)", " & Partner"))
    return name, origin.language if rng.randrange(10) < origin.in_ten else "en"


def _choose_business_name(rng: random.Random, city: str) -> tuple[str, str]:
    family = _insert_spaces(rng.choice(rng.choice(ORIGINS).family.split()))
    return rng.choice(BUSINESSES).format(f=family, c=city), "en"


def _build_mailbox(name: str, number: int, *, numbered: bool) -> str:
    """Return the part before the @: the name in ASCII letters, as far as it has any."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = ["".join(character for character in word if character.isalnum()) for word in plain.split()]
    mailbox = ".".join(word for word in words if word)[:32].strip(".")
    return f"{mailbox or 'customer'}{number}" if numbered or len(mailbox) < 4 else mailbox


def _choose_email(rng: random.Random, name: str, number: int) -> str:
    return f"{_build_mailbox(name, number, numbered=_happens(rng, 20))}@example.{rng.choice(('com', 'org', 'net'))}"


def _choose_phone(rng: random.Random) -> str:
    """Return a number in the range that is reserved for fiction, 555-0100 to 555-0199."""
    return f"+1{rng.choice(AREA_CODES)}55501{rng.randrange(100):02d}"


def _choose_start(rng: random.Random) -> date:
    """Return a start date. Customers move, so later dates are more likely."""
    return date(1996, 1, 1) + timedelta(days=max(rng.randrange(10_700), rng.randrange(10_700)))


class CustomerGenerator:
    """Assigns ids in order and generates the customers with their accounts, premises and service points."""

    def __init__(self) -> None:
        self._accounts = 2_000_000
        self._premises = 300_000
        self._service_points = 4_000_000

    def generate_rows(self, count: int) -> Iterator[Row]:
        """Yield one row for each service point of that many persons."""
        for index in range(count):
            rng = random.Random(f"{SEED}/{index}")
            yield from (
                self._generate_documented(rng, index) if index < DOCUMENTED else self._generate_random(rng, index)
            )

    def _generate_documented(self, rng: random.Random, index: int) -> Iterator[Row]:
        """Yield one of the first ten, who appear in the documentation and qualify for every ordinary program."""
        name = DOCUMENTED_NAMES[index]
        person = self._build_person(rng, index, name, DOCUMENTED_LANGUAGES[index])
        substation = SUBSTATIONS[index % 2]
        premise = self._build_premise(rng, substation, "single_family") | {"owner_occupied": "true"}
        tariff = "RES-EV-TOU" if index % 3 == 1 else "RES-TOU"
        service_point = self._build_service_point(rng, substation, "residential") | {
            "tariff": tariff, "meter_type": "ami", "phase_count": 1, "critical": "false",
            "effective_from": date(2016 + index % 8, 1 + index, 15),
        }  # fmt: skip
        mailbox = _build_mailbox(name, 100_001 + index, numbered=False)
        contact = {"email": f"{mailbox}@example.com", "phone": f"+140255501{index:02d}"}
        yield (
            person
            | contact
            | self._build_account("active")
            | premise
            | self._build_grid_location(rng, substation, known=True)
            | service_point
        )

    def _generate_random(self, rng: random.Random, index: int) -> Iterator[Row]:
        substation = rng.choices(SUBSTATIONS, weights=[place.weight for place in SUBSTATIONS])[0]
        business = _happens(rng, 5)
        name, language = _choose_business_name(rng, substation.city) if business else _choose_person_name(rng)
        person = self._build_person(rng, index, name, language)
        yield from self._generate_account(rng, person, substation, business)
        if _happens(rng, 8 if business else 3):
            other_substation = rng.choices(SUBSTATIONS, weights=[place.weight for place in SUBSTATIONS])[0]
            yield from self._generate_account(rng, person, other_substation, business)

    def _generate_account(
        self, rng: random.Random, person: Row, substation: Substation, business: bool
    ) -> Iterator[Row]:
        """Yield an account with its premise and, occasionally, a second meter."""
        kind = _choose_premise_kind(rng, business)
        closed = _happens(rng, 3)
        account = self._build_account("closed" if closed else "active")
        premise = self._build_premise(rng, substation, kind)
        customer_class = {"small_business": "small_commercial", "large_business": "large_commercial"}.get(
            kind, "residential"
        )
        for _ in range(2 if kind in ("single_family", "large_business") and _happens(rng, 2) else 1):
            service_point = self._build_service_point(rng, substation, customer_class)
            moved_out = (closed and _happens(rng, 60)) or _happens(rng, 0.4)
            ended = date(2025, 5, 1) + timedelta(days=rng.randrange(480)) if moved_out else ""
            grid_location = self._build_grid_location(rng, substation, known=not _happens(rng, 1))
            yield person | account | premise | grid_location | service_point | {"effective_to": ended}

    def _build_person(self, rng: random.Random, index: int, name: str, language: str) -> Row:
        number = 100_001 + index
        return {
            "cis_person_id": f"P-{number}",
            "name": name,
            "email": "" if _happens(rng, 6) else _choose_email(rng, name, number),
            "phone": "" if _happens(rng, 4) else _choose_phone(rng),
            "language": language,
        }

    def _build_account(self, status: str) -> Row:
        self._accounts += 1
        return {"cis_account_id": f"A-{self._accounts}", "account_status": status}

    def _build_premise(self, rng: random.Random, substation: Substation, kind: str) -> Row:
        self._premises += 1
        return {
            "cis_premise_id": f"PR-{self._premises}",
            "address_line_1": _choose_street(rng, kind),
            "address_line_2": _choose_unit(rng, kind),
            "city": substation.city,
            "region": "NE",
            "postal_code": substation.postal_code,
            "country": "US",
            "time_zone": substation.time_zone,
            "premise_type": kind,
            "owner_occupied": "true" if _happens(rng, _OWNERS[kind]) else "false",
        }

    def _build_service_point(self, rng: random.Random, substation: Substation, customer_class: str) -> Row:
        self._service_points += 1
        return {
            "cis_service_point_id": f"SP-{self._service_points}",
            "customer_class": customer_class,
            "tariff": _choose_tariff(rng, customer_class),
            "meter_type": "ami" if _happens(rng, 90) else "manual",
            "phase_count": 3 if _happens(rng, _THREE_PHASE[customer_class]) else 1,
            "latitude": f"{substation.latitude + rng.uniform(-0.04, 0.04):.4f}",
            "longitude": f"{substation.longitude + rng.uniform(-0.05, 0.05):.4f}",
            "critical": "true" if _happens(rng, 1.5) else "false",
            "effective_from": _choose_start(rng),
            "effective_to": "",
        }

    def _build_grid_location(self, rng: random.Random, substation: Substation, *, known: bool) -> Row:
        feeder = f"{substation.code}-12{rng.randrange(1, substation.feeders + 1):02d}"
        transformer = f"T{feeder[-2:]}-{rng.randrange(1, 400):04d}"
        return {
            "feeder": feeder if known else "",
            "transformer": transformer if known else "",
            "substation": substation.code if known or _happens(rng, 50) else "",
        }


_OWNERS = {"single_family": 84, "apartment": 7, "mobile_home": 70, "small_business": 45, "large_business": 80}
_THREE_PHASE = {"residential": 0.8, "small_commercial": 45, "large_commercial": 100}
_TARIFFS = {
    "residential": (("RES-STD", "RES-TOU", "RES-EV-TOU", "RES-LOWINC"), (60, 22, 8, 10)),
    "small_commercial": (("COM-GS1", "COM-GS2"), (92, 8)),
    "large_commercial": (("COM-GS2",), (1,)),
}


def _choose_premise_kind(rng: random.Random, business: bool) -> str:
    if business:
        return "large_business" if _happens(rng, 15) else "small_business"
    return rng.choices(("single_family", "apartment", "mobile_home"), weights=(78, 16, 6))[0]


def _choose_street(rng: random.Random, kind: str) -> str:
    if kind in ("single_family", "large_business") and _happens(rng, 12):
        return (
            f"{rng.randrange(10_000, 79_999)} {rng.choice(('County Road', 'Road', 'Avenue'))} {rng.randrange(2, 460)}"
        )
    return f"{rng.randrange(100, 4_999)} {rng.choice(STREETS.split('|'))}"


def _choose_unit(rng: random.Random, kind: str) -> str:
    if kind == "apartment":
        return f"{rng.choice(('Apt', 'Unit', '#'))} {rng.randrange(1, 40)}{rng.choice(('', '', 'A', 'B', 'C'))}"
    if kind == "mobile_home":
        return f"Lot {rng.randrange(1, 180)}"
    return f"Suite {rng.randrange(100, 420)}" if kind == "small_business" and _happens(rng, 40) else ""


def _choose_tariff(rng: random.Random, customer_class: str) -> str:
    names, weights = _TARIFFS[customer_class]
    return rng.choices(names, weights=weights)[0]


def write(path: Path, count: int) -> int:
    """Write the file and return the number of its rows."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        sheet.writeheader()
        for row in CustomerGenerator().generate_rows(count):
            sheet.writerow(row)
            written += 1
    return written


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Write a file of generated customers, the same on every run.")
    parser.add_argument("--count", type=int, default=2000, metavar="N", help="how many persons (default: 2000)")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("customers.csv"), metavar="FILE")
    options = parser.parse_args()
    print(f"{write(options.out, options.count)} service points of {options.count} persons in {options.out}")


if __name__ == "__main__":
    main()
