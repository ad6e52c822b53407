"""The devices of an unenrollment as its row stores them."""

from sqlalchemy.dialects import postgresql

from models.classifications import RemovalMethod
from models.tables.columns import ValueList
from models.unenrolling_device import RemovalEnd, UnenrollingDevice

STORED = [
    {
        "device": "dev_1",
        "method": "utility_removal",
        "left": True,
        "ended": "removed",
        "work_order": "wo_1",
        "attention": None,
        "reminders": 0,
    },
    {
        "device": "dev_2",
        "method": "ship_back",
        "left": False,
        "ended": None,
        "work_order": None,
        "attention": "not received",
        "reminders": 2,
    },
]
READ = (
    UnenrollingDevice(
        device="dev_1",
        method=RemovalMethod.UTILITY_REMOVAL,
        left=True,
        ended=RemovalEnd.REMOVED,
        work_order="wo_1",
    ),
    UnenrollingDevice(device="dev_2", method=RemovalMethod.SHIP_BACK, attention="not received", reminders=2),
)
COLUMN = ValueList(UnenrollingDevice)
DIALECT = postgresql.dialect()


def test_stored_devices_are_read_as_values() -> None:
    assert COLUMN.process_result_value(STORED, DIALECT) == READ


def test_devices_are_stored_as_the_same_document() -> None:
    assert COLUMN.process_bind_param(READ, DIALECT) == STORED
