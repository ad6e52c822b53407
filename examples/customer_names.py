"""Draws the names of made-up customers and businesses, and their e-mail addresses and telephone numbers."""

import random
import unicodedata
from dataclasses import dataclass

DOCUMENTED = (
    ("Maria Lindgren", "en"),
    ("Thomas O'Brien", "en"),
    ("Nguyễn Thị Hương", "vi"),
    ("Guadalupe Hernández", "es"),
    ("Walter Schröder", "en"),
    ("Fadumo Cali Maxamed", "so"),
    ("Renée Bouchard-Lewis", "en"),
    ("陈静怡", "zh"),
    ("Emily Carter", "en"),
    ("Jiří Novák", "en"),
)
"""Names and languages of the customers that the documentation uses."""


@dataclass(frozen=True)
class _Origin:
    """Given and family names that go together. An underscore stands for a space inside one name."""

    language: str
    """The language of letters to these customers, unless they prefer English."""
    in_ten: int
    """How many of ten customers prefer that language."""
    in_thousand: int
    """How many of a thousand customers have such a name."""
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
_AREA_CODES = ("308", "402", "531")


def draw_person_name(rng: random.Random) -> tuple[str, str]:
    """Returns a name and the language in which the utility writes to that person."""
    origin = rng.choices(_ORIGINS, weights=[origin.in_thousand for origin in _ORIGINS])[0]
    name = _order_name(rng, origin, _pick(rng, origin.given), _pick(rng, origin.family))
    if rng.random() < 0.03:
        name += rng.choice((", Jr.", " III", ", M.D.", " (Estate of)", " & Partner"))
    return name, origin.language if rng.randrange(10) < origin.in_ten else "en"


def _order_name(rng: random.Random, origin: _Origin, first: str, last: str) -> str:
    """Puts the parts of a name in the order that its language uses."""
    if origin.language in ("zh", "ko") and not (first + last).isascii():
        return last + first if not first.isascii() and not last.isascii() else f"{last} {first}"
    if origin.language == "vi":
        return f"{last} {first}"
    if origin.language == "es" and rng.random() < 0.4:
        return f"{first} {last} {_pick(rng, origin.family)}"
    return f"{first} {last}"


def draw_business_name(rng: random.Random, city: str) -> tuple[str, str]:
    """Returns the name of a business in that city, and English as its language."""
    family = _pick(rng, rng.choice(_ORIGINS).family)
    return rng.choice(_BUSINESSES).format(f=family, c=city), "en"


def draw_email(rng: random.Random, name: str, number: int) -> str:
    """Returns an address in one of the domains that are reserved for examples."""
    is_numbered = rng.random() < 0.2
    return f"{build_mailbox(name, number, is_numbered=is_numbered)}@example.{rng.choice(('com', 'org', 'net'))}"


def build_mailbox(name: str, number: int, *, is_numbered: bool) -> str:
    """Returns the part before the @: the name in ASCII letters, or `customer` and a number if it has too few."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = ["".join(character for character in word if character.isalnum()) for word in plain.split()]
    mailbox = ".".join(word for word in words if word)[:32].strip(".")
    return f"{mailbox or 'customer'}{number}" if is_numbered or len(mailbox) < 4 else mailbox


def draw_phone(rng: random.Random) -> str:
    """Returns a number of the range that is reserved for fiction, 555-0100 to 555-0199."""
    return f"+1{rng.choice(_AREA_CODES)}55501{rng.randrange(100):02d}"


def _pick(rng: random.Random, names: str) -> str:
    return rng.choice(names.split()).replace("_", " ")
