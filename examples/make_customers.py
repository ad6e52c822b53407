"""Writes customers.csv: the customers of a utility that does not exist, the same bytes on every run and machine.

Each person is drawn from a generator of their own, so that a larger file begins with the smaller one.
"""

import argparse
import csv
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

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
    """Where a part of the territory is fed from; the towns do not exist, the county lines and time zones could."""

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


@dataclass(frozen=True)
class _Origin:
    """Names that go together. An underscore stands for a space inside one name."""

    language: str
    """What its bearers are written to in, if not in English."""
    in_ten: int
    """How many of ten bearers want that."""
    in_thousand: int
    """How many of a thousand people bear such a name."""
    given: str
    family: str


_ORIGINS = (
    _Origin(
        "en",
        0,
        330,
        "James Mary Robert Patricia Linda Michael Barbara William Susan Richard Karen Joseph Nancy Daniel Betty "
        "Mark Sandra Ashley Steven Kimberly Paul Emily Andrew Donna Joshua Michelle Kenneth Carol Kevin Amanda "
        "Brian",
        "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Thomas Moore Martin Jackson "
        "Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Baker "
        "Nelson Mitchell Carter",
    ),
    _Origin(
        "en",
        0,
        120,
        "Seán Siobhán Maeve Liam Niamh Fiona Declan Bridget Colm Aoife Mary-Kate Jean-Luc Anne-Marie",
        "O'Brien O'Connor O’Malley McDonald MacLeod FitzGerald D'Arcy Smith-O'Neill St.John Ní_Dhomhnaill "
        "de_la_Cour Featherstonehaugh-Cholmondeley Ó_Súilleabháin",
    ),
    _Origin(
        "en",
        0,
        130,
        "Anton Božena Jiří Ludmila Stanisław Małgorzata Jürgen Käthe Søren Åse Bjørn Ingrid Zoë Renée François "
        "Matthias Göran Þórdís",
        "Novák Dvořák Svobodová Kučera Wiśniewski Łukasiewicz Müller Schröder Weiß Jørgensen Ødegård Åkesson "
        "Lindström Þorsteinsson van_der_Berg von_Schönberg-Rothenfels Lefèvre Bouchard Großmann Krejčí Hrdlička",
    ),
    _Origin(
        "es",
        6,
        190,
        "José María Luis Guadalupe Juan_Carlos Sofía Ángel Lucía Jesús Ximena Raúl Íñigo Nuria Andrés Belén",
        "García Hernández Martínez_López Rodríguez Núñez Peña Muñoz_y_Rivera Ibáñez Gutiérrez De_la_Cruz Zúñiga "
        "Quiñones Sánchez-Villarreal Ordóñez Castañeda_Bermúdez",
    ),
    _Origin(
        "vi",
        5,
        45,
        "Thị_Hương Văn_Đức Minh_Châu Ngọc_Ánh Quốc_Bảo Thùy_Dung",
        "Nguyễn Trần Phạm Huỳnh Võ Đặng",
    ),
    _Origin(
        "zh",
        6,
        30,
        "伟 秀英 娜 志强 静怡 建国 Wei-Ling 淑芬",
        "王 李 张 刘 陈 歐陽 司馬 Chang",
    ),
    _Origin(
        "so",
        6,
        35,
        "Abdirahman Fadumo Mohamed Hodan Cabdi Sahra",
        "Warsame Cali_Maxamed Jaamac Xasan_Nuur Axmed Faarax",
    ),
    _Origin(
        "ar",
        5,
        25,
        "محمد فاطمة أحمد ليلى يوسف Noor",
        "الحسيني عبد_الرحمن خليل النجار بن_سعيد Al-Rashid",
    ),
    _Origin(
        "en",
        0,
        30,
        "Priya Venkatanarasimharajuvaripeta Lakshmi Arjun Siddharth Aishwarya",
        "Subramanian Krishnamurthy Patel Chattopadhyay Iyer Wickramasinghe-Gunawardena",
    ),
    _Origin(
        "uk",
        5,
        15,
        "Олена Тарас Ганна Дмитро",
        "Шевченко Коваленко Ткачук-Бондаренко Щербина",
    ),
    _Origin(
        "my",
        5,
        15,
        "Saw_Htoo Naw_Paw ကျော်စွာ Eh",
        "Eh_Doh Wah_Say Htun ဦး Paw",
    ),
    _Origin(
        "am",
        4,
        10,
        "Tigist አበበ Dawit ሰላም",
        "Bekele ተስፋዬ Haile-Mariam Gebremedhin",
    ),
    _Origin(
        "en",
        0,
        15,
        "Keoni Kūhiō Tala Sione",
        "Kahananui-Makakehau Kealoha Fa'amausili Tu'ipulotu",
    ),
    _Origin(
        "ko",
        4,
        10,
        "민준 서연 Ji-woo",
        "김 박 Choe",
    ),
)

_BUSINESSES = (
    "{f} & Sons Hardware", "{f} Dental Care, P.C.", "Café {f}", "{c} Grain Co-op", "The {f} Law Firm, LLP",
    "Iglesia {f}", "{c} Public Library", "{f}'s Auto Body", "Phở {f}", "{c} Cold Storage, Inc.", "{f} Bros. Irrigation",
    "@Home Senior Care of {c}", "+1 Print & Copy {c}", '"Dusty\'s" Bar & Grill {c}', "{c} Veterinary Clinic",
    "{f}–{c} Feed & Seed", "Panadería La {f}", "{c} United Methodist Church", "{f} Insurance Agency", "Nails by {f} ✨",
    "{c} School District No. 17 – Transportation and Building Maintenance Department", "-40° Ice & {f} Refrigeration",
)  # fmt: skip

_STREETS = (
    "Main St|1st Ave|2nd Ave|3rd St|5th St|9th Ave|N 12th St|S 14th St|W 21st Pl|Cottonwood Ln|Elm St|Oak Ave|"
    "Maple Dr|Cedar Ridge Rd|Meadowlark Ct|Bluestem Blvd|Platte View Dr|Railroad Ave|Homestead Rd|Sunflower Cir|"
    "Dr. Martin Luther King Jr. Blvd|O'Fallon St|Calle Cesar Chavez|Windmill Way|Prairie Dog Trl|Grant St|Lincoln Ave|"
    "Willa Cather Dr|Buffalo Grass Ln|Old Highway 30|Depot St|Mill Race Rd|College Ave|Vine St|Chestnut St|Juniper Ct"
)
_AREA_CODES = ("308", "402", "531")
_DOCUMENTED_NAMES = (
    "Maria Lindgren", "Thomas O'Brien", "Nguyễn Thị Hương", "Guadalupe Hernández", "Walter Schröder",
    "Fadumo Cali Maxamed", "Renée Bouchard-Lewis", "陈静怡", "Emily Carter", "Jiří Novák",
)  # fmt: skip
_DOCUMENTED_LANGUAGES = ("en", "en", "vi", "es", "en", "so", "en", "zh", "en", "en")


def _chance(rng: random.Random, percent: float) -> bool:
    return rng.random() * 100 < percent


def _spaced(word: str) -> str:
    return word.replace("_", " ")


def _person_name(rng: random.Random) -> tuple[str, str]:
    """A name and the language in which its bearer wants to be written to."""
    origin = rng.choices(_ORIGINS, weights=[origin.in_thousand for origin in _ORIGINS])[0]
    first, last = _spaced(rng.choice(origin.given.split())), _spaced(rng.choice(origin.family.split()))
    if origin.language in ("zh", "ko") and not (first + last).isascii():
        name = last + first if not first.isascii() and not last.isascii() else f"{last} {first}"
    elif origin.language == "vi":
        name = f"{last} {first}"
    elif origin.language == "es" and _chance(rng, 40):
        name = f"{first} {last} {_spaced(rng.choice(origin.family.split()))}"
    else:
        name = f"{first} {last}"
    if _chance(rng, 3):
        name += rng.choice((", Jr.", " III", ", M.D.", " (Estate of)", " & Partner"))
    return name, origin.language if rng.randrange(10) < origin.in_ten else "en"


def _business_name(rng: random.Random, city: str) -> tuple[str, str]:
    family = _spaced(rng.choice(rng.choice(_ORIGINS).family.split()))
    return rng.choice(_BUSINESSES).format(f=family, c=city), "en"


def _mailbox(name: str, number: int, *, numbered: bool) -> str:
    """What stands before the @: the name in plain letters, as far as it has any."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = ["".join(character for character in word if character.isalnum()) for word in plain.split()]
    mailbox = ".".join(word for word in words if word)[:32].strip(".")
    return f"{mailbox or 'customer'}{number}" if numbered or len(mailbox) < 4 else mailbox


def _email(rng: random.Random, name: str, number: int) -> str:
    return f"{_mailbox(name, number, numbered=_chance(rng, 20))}@example.{rng.choice(('com', 'org', 'net'))}"


def _phone(rng: random.Random) -> str:
    """A number of the range that is kept for fiction, 555-0100 to 555-0199."""
    return f"+1{rng.choice(_AREA_CODES)}55501{rng.randrange(100):02d}"


def _since(rng: random.Random) -> date:
    """Customers move: the later of two days is the likelier one."""
    return date(1996, 1, 1) + timedelta(days=max(rng.randrange(10_700), rng.randrange(10_700)))


class Writer:
    """Hands out the ids in order and draws what belongs to each."""

    def __init__(self) -> None:
        self._accounts = 2_000_000
        self._premises = 300_000
        self._service_points = 4_000_000

    def rows(self, count: int) -> Iterator[Row]:
        """One row for each service point of so many persons."""
        for index in range(count):
            rng = random.Random(f"{SEED}/{index}")
            yield from self._documented(rng, index) if index < DOCUMENTED else self._drawn(rng, index)

    def _documented(self, rng: random.Random, index: int) -> Iterator[Row]:
        """The first ten, on whom the documentation relies: every program that asks nothing special takes them."""
        name = _DOCUMENTED_NAMES[index]
        person = self._person(rng, index, name, _DOCUMENTED_LANGUAGES[index])
        where = SUBSTATIONS[index % 2]
        premise = self._premise(rng, where, "single_family") | {"owner_occupied": "true"}
        tariff = "RES-EV-TOU" if index % 3 == 1 else "RES-TOU"
        site = self._site(rng, where, "residential") | {
            "tariff": tariff, "meter_type": "ami", "phase_count": 1, "critical": "false",
            "effective_from": date(2016 + index % 8, 1 + index, 15),
        }  # fmt: skip
        mailbox = _mailbox(name, 100_001 + index, numbered=False)
        contact = {"email": f"{mailbox}@example.com", "phone": f"+140255501{index:02d}"}
        yield person | contact | self._account("active") | premise | self._feeding(rng, where, known=True) | site

    def _drawn(self, rng: random.Random, index: int) -> Iterator[Row]:
        where = rng.choices(SUBSTATIONS, weights=[place.weight for place in SUBSTATIONS])[0]
        business = _chance(rng, 5)
        name, language = _business_name(rng, where.city) if business else _person_name(rng)
        person = self._person(rng, index, name, language)
        yield from self._household(rng, person, where, business)
        if _chance(rng, 8 if business else 3):
            elsewhere = rng.choices(SUBSTATIONS, weights=[place.weight for place in SUBSTATIONS])[0]
            yield from self._household(rng, person, elsewhere, business)

    def _household(self, rng: random.Random, person: Row, where: Substation, business: bool) -> Iterator[Row]:
        """An account with its premise and, now and then, a second meter in the yard."""
        kind = _premise_kind(rng, business)
        closed = _chance(rng, 3)
        account = self._account("closed" if closed else "active")
        premise = self._premise(rng, where, kind)
        customer_class = {"small_business": "small_commercial", "large_business": "large_commercial"}.get(
            kind, "residential"
        )
        for _ in range(2 if kind in ("single_family", "large_business") and _chance(rng, 2) else 1):
            site = self._site(rng, where, customer_class)
            moved_out = (closed and _chance(rng, 60)) or _chance(rng, 0.4)
            ended = date(2025, 5, 1) + timedelta(days=rng.randrange(480)) if moved_out else ""
            feeding = self._feeding(rng, where, known=not _chance(rng, 1))
            yield person | account | premise | feeding | site | {"effective_to": ended}

    def _person(self, rng: random.Random, index: int, name: str, language: str) -> Row:
        number = 100_001 + index
        return {
            "cis_person_id": f"P-{number}",
            "name": name,
            "email": "" if _chance(rng, 6) else _email(rng, name, number),
            "phone": "" if _chance(rng, 4) else _phone(rng),
            "language": language,
        }

    def _account(self, status: str) -> Row:
        self._accounts += 1
        return {"cis_account_id": f"A-{self._accounts}", "account_status": status}

    def _premise(self, rng: random.Random, where: Substation, kind: str) -> Row:
        self._premises += 1
        return {
            "cis_premise_id": f"PR-{self._premises}",
            "address_line_1": _street(rng, kind),
            "address_line_2": _unit(rng, kind),
            "city": where.city,
            "region": "NE",
            "postal_code": where.postal_code,
            "country": "US",
            "time_zone": where.time_zone,
            "premise_type": kind,
            "owner_occupied": "true" if _chance(rng, _OWNERS[kind]) else "false",
        }

    def _site(self, rng: random.Random, where: Substation, customer_class: str) -> Row:
        self._service_points += 1
        return {
            "cis_service_point_id": f"SP-{self._service_points}",
            "customer_class": customer_class,
            "tariff": _tariff(rng, customer_class),
            "meter_type": "ami" if _chance(rng, 90) else "manual",
            "phase_count": 3 if _chance(rng, _THREE_PHASE[customer_class]) else 1,
            "latitude": f"{where.latitude + rng.uniform(-0.04, 0.04):.4f}",
            "longitude": f"{where.longitude + rng.uniform(-0.05, 0.05):.4f}",
            "critical": "true" if _chance(rng, 1.5) else "false",
            "effective_from": _since(rng),
            "effective_to": "",
        }

    def _feeding(self, rng: random.Random, where: Substation, *, known: bool) -> Row:
        feeder = f"{where.code}-12{rng.randrange(1, where.feeders + 1):02d}"
        transformer = f"T{feeder[-2:]}-{rng.randrange(1, 400):04d}"
        return {
            "feeder": feeder if known else "",
            "transformer": transformer if known else "",
            "substation": where.code if known or _chance(rng, 50) else "",
        }


_OWNERS = {"single_family": 84, "apartment": 7, "mobile_home": 70, "small_business": 45, "large_business": 80}
_THREE_PHASE = {"residential": 0.8, "small_commercial": 45, "large_commercial": 100}
_TARIFFS = {
    "residential": (("RES-STD", "RES-TOU", "RES-EV-TOU", "RES-LOWINC"), (60, 22, 8, 10)),
    "small_commercial": (("COM-GS1", "COM-GS2"), (92, 8)),
    "large_commercial": (("COM-GS2",), (1,)),
}


def _premise_kind(rng: random.Random, business: bool) -> str:
    if business:
        return "large_business" if _chance(rng, 15) else "small_business"
    return rng.choices(("single_family", "apartment", "mobile_home"), weights=(78, 16, 6))[0]


def _street(rng: random.Random, kind: str) -> str:
    if kind in ("single_family", "large_business") and _chance(rng, 12):
        return (
            f"{rng.randrange(10_000, 79_999)} {rng.choice(('County Road', 'Road', 'Avenue'))} {rng.randrange(2, 460)}"
        )
    return f"{rng.randrange(100, 4_999)} {rng.choice(_STREETS.split('|'))}"


def _unit(rng: random.Random, kind: str) -> str:
    if kind == "apartment":
        return f"{rng.choice(('Apt', 'Unit', '#'))} {rng.randrange(1, 40)}{rng.choice(('', '', 'A', 'B', 'C'))}"
    if kind == "mobile_home":
        return f"Lot {rng.randrange(1, 180)}"
    return f"Suite {rng.randrange(100, 420)}" if kind == "small_business" and _chance(rng, 40) else ""


def _tariff(rng: random.Random, customer_class: str) -> str:
    names, weights = _TARIFFS[customer_class]
    return rng.choices(names, weights=weights)[0]


def write(path: Path, count: int) -> int:
    """Writes the file and says how many rows it has."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        sheet.writeheader()
        for row in Writer().rows(count):
            sheet.writerow(row)
            written += 1
    return written


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write a file of made-up customers, the same on every run.")
    parser.add_argument("--count", type=int, default=2000, metavar="N", help="how many persons (default: 2000)")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("customers.csv"), metavar="FILE")
    options = parser.parse_args()
    print(f"{write(options.out, options.count)} service points of {options.count} persons in {options.out}")


if __name__ == "__main__":
    main()
