"""Grows a database to a million customers, enrollments and sync requests, by sets: `python -m bench.million URL`."""

import argparse
import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import asyncpg

_SQL = Path(__file__).with_suffix(".sql")
_STEP = re.compile(r"^-- step: (\w+)$", re.MULTILINE)
_STEP_TIMEOUT_MINUTES = 30


async def grow_database(url: str, count: int) -> float:
    """Grows a migrated database with a catalog, says what each table took, and returns the seconds of all.

    The database checks every constraint as it does in use; it can be grown once.
    """
    # asyncpg brings no types.
    database = cast(Any, await asyncpg.connect(url, command_timeout=_STEP_TIMEOUT_MINUTES * 60))  # pyright: ignore[reportUnknownMemberType]
    began = time.perf_counter()
    try:
        await database.execute("SET synchronous_commit = off; SET work_mem = '64MB'; SET statement_timeout = 0")
        for name, statements in _read_steps(count):
            await _run_timed(database, name, statements)
        await _run_timed(database, "ANALYZE", ["DROP TABLE person, participant, programs", "VACUUM ANALYZE"])
        size = await database.fetchval("SELECT pg_database_size(current_database()) / 1024 / 1024")
    finally:
        await database.close()
    seconds = time.perf_counter() - began
    print(f"{count:,} customers in {seconds:.0f} s; the database has {size:,} MB")
    return seconds


def _read_steps(count: int) -> Iterator[tuple[str, list[str]]]:
    parts = _STEP.split(_SQL.read_text().replace(":count", str(count)))
    for name, statements in zip(parts[1::2], parts[2::2], strict=True):
        yield name, [statements]


async def _run_timed(database: Any, name: str, statements: Sequence[str]) -> None:
    began = time.perf_counter()
    for statement in statements:
        await database.execute(statement)
    print(f"{name}: {time.perf_counter() - began:.1f} s", flush=True)


def main() -> None:
    """Grows the database that is named."""
    parser = argparse.ArgumentParser(prog="python -m bench.million", description="Grow a database with SQL.")
    parser.add_argument("url", help="postgresql://user:password@host:port/database, with a catalog applied")
    parser.add_argument("--count", type=int, default=1_000_000, help="how many customers")
    wanted = parser.parse_args()
    asyncio.run(grow_database(wanted.url, wanted.count))


if __name__ == "__main__":
    main()
