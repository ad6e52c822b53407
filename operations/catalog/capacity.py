"""Reserve and release places in a program. The limits are checked under the lock of the program's row."""

from typing import Any

from sqlalchemy import bindparam, or_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from models.catalog.programs import Program
from models.tables.catalog import ProgramCapacity
from operations.catalog.waitlist import notify_next_in_line
from operations.platform.bulk_insert import get_table
from rules.capacity import CapacityNeed

_MEASURES = ("customers", "devices", "kw")


def _build_update(*, limited: bool) -> ReturningUpdate[Any]:  # a table reflected from its model has untyped columns
    table = get_table(ProgramCapacity)
    needed = {name: table.c[name] + bindparam(f"needed_{name}") for name in _MEASURES}
    maximum = {name: table.c[f"maximum_{name}"] for name in _MEASURES}
    room = [or_(maximum[name].is_(None), needed[name] <= maximum[name]) for name in _MEASURES] if limited else []
    changed = update(table).where(table.c.program == bindparam("of_program"), *room)
    return changed.values(needed).returning(table.c.program)


_RESERVE = _build_update(limited=True)
_RELEASE = _build_update(limited=False)


async def reserve(session: AsyncSession, program: str, need: CapacityNeed) -> bool:
    """Reserve places if there are enough. Return whether there were."""
    needed = {"needed_customers": need.customers, "needed_devices": need.devices, "needed_kw": need.kw}
    return (await session.execute(_RESERVE, {"of_program": program, **needed})).first() is not None


async def release(session: AsyncSession, program: Program, need: CapacityNeed) -> int:
    """Release places and notify those who wait for them. Return how many were notified."""
    released = {"needed_customers": -need.customers, "needed_devices": -need.devices, "needed_kw": -need.kw}
    await session.execute(_RELEASE, {"of_program": program.code, **released})
    return await notify_next_in_line(session, program)
