"""Names and streets from which make_customers.py builds its customers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Given and family names that belong together. An underscore represents a space inside one name."""

    language: str
    """The preferred language of those who do not choose English."""
    in_ten: int
    """How many of ten people with such a name choose that language."""
    in_thousand: int
    """How many of a thousand people have such a name."""
    given: str
    family: str


ORIGINS = (
    Origin(
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
    Origin(
        "en",
        0,
        120,
        "Seán Siobhán Maeve Liam Niamh Fiona Declan Bridget Colm Aoife Mary-Kate Jean-Luc Anne-Marie",
        "O'Brien O'Connor O’Malley McDonald MacLeod FitzGerald D'Arcy Smith-O'Neill St.John Ní_Dhomhnaill "
        "de_la_Cour Featherstonehaugh-Cholmondeley Ó_Súilleabháin",
    ),
    Origin(
        "en",
        0,
        130,
        "Anton Božena Jiří Ludmila Stanisław Małgorzata Jürgen Käthe Søren Åse Bjørn Ingrid Zoë Renée François "
        "Matthias Göran Þórdís",
        "Novák Dvořák Svobodová Kučera Wiśniewski Łukasiewicz Müller Schröder Weiß Jørgensen Ødegård Åkesson "
        "Lindström Þorsteinsson van_der_Berg von_Schönberg-Rothenfels Lefèvre Bouchard Großmann Krejčí Hrdlička",
    ),
    Origin(
        "es",
        6,
        190,
        "José María Luis Guadalupe Juan_Carlos Sofía Ángel Lucía Jesús Ximena Raúl Íñigo Nuria Andrés Belén",
        "García Hernández Martínez_López Rodríguez Núñez Peña Muñoz_y_Rivera Ibáñez Gutiérrez De_la_Cruz Zúñiga "
        "Quiñones Sánchez-Villarreal Ordóñez Castañeda_Bermúdez",
    ),
    Origin(
        "vi",
        5,
        45,
        "Thị_Hương Văn_Đức Minh_Châu Ngọc_Ánh Quốc_Bảo Thùy_Dung",
        "Nguyễn Trần Phạm Huỳnh Võ Đặng",
    ),
    Origin(
        "zh",
        6,
        30,
        "伟 秀英 娜 志强 静怡 建国 Wei-Ling 淑芬",
        "王 李 张 刘 陈 歐陽 司馬 Chang",
    ),
    Origin(
        "so",
        6,
        35,
        "Abdirahman Fadumo Mohamed Hodan Cabdi Sahra",
        "Warsame Cali_Maxamed Jaamac Xasan_Nuur Axmed Faarax",
    ),
    Origin(
        "ar",
        5,
        25,
        "محمد فاطمة أحمد ليلى يوسف Noor",
        "الحسيني عبد_الرحمن خليل النجار بن_سعيد Al-Rashid",
    ),
    Origin(
        "en",
        0,
        30,
        "Priya Venkatanarasimharajuvaripeta Lakshmi Arjun Siddharth Aishwarya",
        "Subramanian Krishnamurthy Patel Chattopadhyay Iyer Wickramasinghe-Gunawardena",
    ),
    Origin(
        "uk",
        5,
        15,
        "Олена Тарас Ганна Дмитро",
        "Шевченко Коваленко Ткачук-Бондаренко Щербина",
    ),
    Origin(
        "my",
        5,
        15,
        "Saw_Htoo Naw_Paw ကျော်စွာ Eh",
        "Eh_Doh Wah_Say Htun ဦး Paw",
    ),
    Origin(
        "am",
        4,
        10,
        "Tigist አበበ Dawit ሰላም",
        "Bekele ተስፋዬ Haile-Mariam Gebremedhin",
    ),
    Origin(
        "en",
        0,
        15,
        "Keoni Kūhiō Tala Sione",
        "Kahananui-Makakehau Kealoha Fa'amausili Tu'ipulotu",
    ),
    Origin(
        "ko",
        4,
        10,
        "민준 서연 Ji-woo",
        "김 박 Choe",
    ),
)

BUSINESSES = (
    "{f} & Sons Hardware", "{f} Dental Care, P.C.", "Café {f}", "{c} Grain Co-op", "The {f} Law Firm, LLP",
    "Iglesia {f}", "{c} Public Library", "{f}'s Auto Body", "Phở {f}", "{c} Cold Storage, Inc.", "{f} Bros. Irrigation",
    "@Home Senior Care of {c}", "+1 Print & Copy {c}", '"Dusty\'s" Bar & Grill {c}', "{c} Veterinary Clinic",
    "{f}–{c} Feed & Seed", "Panadería La {f}", "{c} United Methodist Church", "{f} Insurance Agency", "Nails by {f} ✨",
    "{c} School District No. 17 – Transportation and Building Maintenance Department", "-40° Ice & {f} Refrigeration",
)  # fmt: skip

STREETS = (
    "Main St|1st Ave|2nd Ave|3rd St|5th St|9th Ave|N 12th St|S 14th St|W 21st Pl|Cottonwood Ln|Elm St|Oak Ave|"
    "Maple Dr|Cedar Ridge Rd|Meadowlark Ct|Bluestem Blvd|Platte View Dr|Railroad Ave|Homestead Rd|Sunflower Cir|"
    "Dr. Martin Luther King Jr. Blvd|O'Fallon St|Calle Cesar Chavez|Windmill Way|Prairie Dog Trl|Grant St|Lincoln Ave|"
    "Willa Cather Dr|Buffalo Grass Ln|Old Highway 30|Depot St|Mill Race Rd|College Ave|Vine St|Chestnut St|Juniper Ct"
)
AREA_CODES = ("308", "402", "531")
DOCUMENTED_NAMES = (
    "Maria Lindgren", "Thomas O'Brien", "Nguyễn Thị Hương", "Guadalupe Hernández", "Walter Schröder",
    "Fadumo Cali Maxamed", "Renée Bouchard-Lewis", "陈静怡", "Emily Carter", "Jiří Novák",
)  # fmt: skip
DOCUMENTED_LANGUAGES = ("en", "en", "vi", "es", "en", "so", "en", "zh", "en", "en")
