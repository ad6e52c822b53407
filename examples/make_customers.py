"""Writes customers.csv: the customers of a utility that does not exist, the same bytes on every run and machine.

Each person is drawn from a generator of their own, so that a larger file begins with the smaller one.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import customer_names
import service_territory
from service_territory import SUBSTATIONS, Row, Substation, is_drawn

SEED = "cedar-valley-power-2026"
_FIRST_PERSON = 100_001
COLUMNS = (
    "cis_person_id", "name", "email", "phone", "language", "cis_account_id", "account_status", "cis_premise_id",
    "address_line_1", "address_line_2", "city", "region", "postal_code", "country", "time_zone", "premise_type",
    "owner_occupied", "cis_service_point_id", "customer_class", "tariff", "meter_type", "phase_count", "feeder",
    "transformer", "substation", "latitude", "longitude", "critical", "effective_from", "effective_to",
)  # fmt: skip


class CustomerGenerator:
    """Assigns the ids in order and draws the rest of each row."""

    def __init__(self) -> None:
        self._accounts = 2_000_000
        self._premises = 300_000
        self._service_points = 4_000_000

    def generate(self, count: int) -> Iterator[Row]:
        """Returns one row for each service point of this many persons."""
        for index in range(count):
            rng = random.Random(f"{SEED}/{index}")
            is_documented = index < len(customer_names.DOCUMENTED)
            yield from self._generate_documented(rng, index) if is_documented else self._generate_drawn(rng, index)

    def _generate_documented(self, rng: random.Random, index: int) -> Iterator[Row]:
        """Returns one of the first ten, which the documentation uses: they qualify for every ordinary program."""
        name, language = customer_names.DOCUMENTED[index]
        person = self._build_person(rng, index, name, language)
        substation = SUBSTATIONS[index % 2]
        premise = self._build_premise(rng, substation, "single_family") | {"owner_occupied": "true"}
        service_point = self._build_service_point(rng, substation, "residential") | {
            "tariff": "RES-EV-TOU" if index % 3 == 1 else "RES-TOU",
            "meter_type": "ami",
            "phase_count": 1,
            "critical": "false",
            "effective_from": date(2016 + index % 8, 1 + index, 15),
        }
        mailbox = customer_names.build_mailbox(name, _FIRST_PERSON + index, is_numbered=False)
        contact = {"email": f"{mailbox}@example.com", "phone": f"+140255501{index:02d}"}
        feeder = service_territory.draw_feeder(rng, substation, is_known=True)
        yield person | contact | self._build_account("active") | premise | feeder | service_point

    def _generate_drawn(self, rng: random.Random, index: int) -> Iterator[Row]:
        """Returns the rows of a person, a few of whom have a second account at another premise."""
        substation = service_territory.draw_substation(rng)
        is_business = is_drawn(rng, 5)
        if is_business:
            name, language = customer_names.draw_business_name(rng, substation.city)
        else:
            name, language = customer_names.draw_person_name(rng)
        person = self._build_person(rng, index, name, language)
        yield from self._generate_account(rng, person, substation, is_business=is_business)
        if is_drawn(rng, 8 if is_business else 3):
            second = service_territory.draw_substation(rng)
            yield from self._generate_account(rng, person, second, is_business=is_business)

    def _generate_account(
        self, rng: random.Random, person: Row, substation: Substation, *, is_business: bool
    ) -> Iterator[Row]:
        """Returns an account with its premise, and a few times with a second meter there."""
        kind = service_territory.draw_premise_kind(rng, is_business=is_business)
        is_closed = is_drawn(rng, 3)
        account = self._build_account("closed" if is_closed else "active")
        premise = self._build_premise(rng, substation, kind)
        customer_class = service_territory.CUSTOMER_CLASSES.get(kind, "residential")
        for _ in range(2 if kind in ("single_family", "large_business") and is_drawn(rng, 2) else 1):
            service_point = self._build_service_point(rng, substation, customer_class)
            has_moved_out = (is_closed and is_drawn(rng, 60)) or is_drawn(rng, 0.4)
            ended = {"effective_to": date(2025, 5, 1) + timedelta(days=rng.randrange(480)) if has_moved_out else ""}
            feeder = service_territory.draw_feeder(rng, substation, is_known=not is_drawn(rng, 1))
            yield person | account | premise | feeder | service_point | ended

    def _build_person(self, rng: random.Random, index: int, name: str, language: str) -> Row:
        number = _FIRST_PERSON + index
        return {
            "cis_person_id": f"P-{number}",
            "name": name,
            "email": "" if is_drawn(rng, 6) else customer_names.draw_email(rng, name, number),
            "phone": "" if is_drawn(rng, 4) else customer_names.draw_phone(rng),
            "language": language,
        }

    def _build_account(self, status: str) -> Row:
        self._accounts += 1
        return {"cis_account_id": f"A-{self._accounts}", "account_status": status}

    def _build_premise(self, rng: random.Random, substation: Substation, kind: str) -> Row:
        self._premises += 1
        premise = service_territory.draw_premise(rng, substation, kind)
        return {"cis_premise_id": f"PR-{self._premises}", **premise}

    def _build_service_point(self, rng: random.Random, substation: Substation, customer_class: str) -> Row:
        self._service_points += 1
        service_point = service_territory.draw_service_point(rng, substation, customer_class)
        return {"cis_service_point_id": f"SP-{self._service_points}", **service_point}


def write(path: Path, count: int) -> int:
    """Writes the file and returns the number of its rows."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in CustomerGenerator().generate(count):
            writer.writerow(row)
            written += 1
    return written


def main() -> None:
    """Reads the command line and writes the file."""
    parser = argparse.ArgumentParser(description="Write a file of made-up customers, the same on every run.")
    parser.add_argument("--count", type=int, default=2000, metavar="N", help="how many persons (default: 2000)")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("customers.csv"), metavar="FILE")
    options = parser.parse_args()
    print(f"{write(options.out, options.count)} service points of {options.count} persons in {options.out}")


if __name__ == "__main__":
    main()
