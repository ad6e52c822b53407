"""The embedded PostgreSQL alone, as tests and tools use it."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from stack.postgresql.embedded import embedded_postgres


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


async def _ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def test_the_database_url_opens_a_real_database_that_keeps_its_rows(folder: Path) -> None:
    with embedded_postgres(folder, unsafe_fast=True) as url:
        asyncio.run(_ask(url, "CREATE TABLE kept AS SELECT 42 AS number"))
    with embedded_postgres(folder) as url:
        assert asyncio.run(_ask(url, "SELECT number FROM kept")) == 42
        assert asyncio.run(_ask(url, "SHOW fsync")) == "on"
        assert str(asyncio.run(_ask(url, "SHOW server_version"))).startswith("18.")


def test_a_connection_without_the_password_is_refused(folder: Path) -> None:
    with embedded_postgres(folder, unsafe_fast=True) as url:
        wrong = url.replace(url.split(":")[2].split("@")[0], "guess")
        with pytest.raises(asyncpg.InvalidPasswordError):
            asyncio.run(_ask(wrong, "SELECT 1"))
