"""`python -m bench.grow_database URL` fills a database with a million customers, enrollments and sync requests."""

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
    """Fills a migrated database that has a catalog, prints the time of each table, and returns the seconds in total.

    The database checks every constraint as it does in use. A database can be filled once.
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
    """Reads the command line and fills the database."""
    parser = argparse.ArgumentParser(prog="python -m bench.grow_database", description="Grow a database with SQL.")
    parser.add_argument("url", help="postgresql://user:password@host:port/database, with a catalog applied")
    parser.add_argument("--count", type=int, default=1_000_000, help="how many customers")
    arguments = parser.parse_args()
    asyncio.run(grow_database(arguments.url, arguments.count))


if __name__ == "__main__":
    main()
