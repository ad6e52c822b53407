"""A database that hangs, is down or refuses to write blocks nobody, and is used again as soon as possible."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from models.errors import Unavailable
from operations.platform.database import Sessions, create_engine, create_sessions, transaction
from stack.postgresql.embedded import embedded_postgres
from tests.integration.clients.running_stack import RunningStack

PATIENCE_SECONDS = 60
POOL = 3
CALLERS = 12
LONGER_THAN_A_CONNECT_MAY_TAKE = 4.0


class Connections:
    """Counts this process's attempts to connect."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.attempts = 0
        self._connect = asyncpg.connect
        monkeypatch.setattr(asyncpg, "connect", self._count)

    def _count(self, *args: object, **options: object) -> object:
        self.attempts += 1
        return self._connect(*args, **options)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder), unsafe_fast=True) as url:
        yield url


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    return Connections(monkeypatch)


@pytest.fixture
def frozen(url: str) -> Iterator[Callable[[], None]]:
    """Freeze every PostgreSQL process until the test thaws them or ends."""
    family = [one for one in psutil.Process().children(recursive=True) if one.name().startswith("postgres")]

    def thaw() -> None:
        for process in family:
            if process.is_running():
                process.resume()

    yield thaw
    thaw()


def freeze() -> None:
    for process in psutil.Process().children(recursive=True):
        if process.name().startswith("postgres"):
            process.suspend()


@asynccontextmanager
async def pooled(url: str) -> AsyncIterator[tuple[AsyncEngine, Sessions]]:
    engine = create_engine(url, POOL)
    yield engine, create_sessions(engine)
    await engine.dispose()


async def ask(sessions: Sessions, statement: str = "SELECT 1") -> bool:
    """Return whether the statement succeeded; fail unless it succeeds or is unavailable in time."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), transaction(sessions) as session:
            await session.execute(text(statement))
    except Unavailable:
        return False
    return True


async def ask_together(sessions: Sessions) -> list[bool]:
    return await asyncio.gather(*(ask(sessions) for _ in range(CALLERS)))


async def until_answered(sessions: Sessions, statement: str = "SELECT 1") -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await ask(sessions, statement):
            pass


async def test_all_callers_of_a_hanging_database_fail_and_one_connection_probes_it(
    url: str, connections: Connections, frozen: Callable[[], None]
) -> None:
    async with pooled(url) as (_, sessions):
        assert all(await ask_together(sessions))
        freeze()
        assert not any(await ask_together(sessions)), "a frozen database answered"
        before = connections.attempts
        assert not any(await ask_together(sessions))
        assert connections.attempts - before <= 1, "more than one tried to connect at the same time"
        frozen()
        await until_answered(sessions)
        assert all(await ask_together(sessions))


async def test_a_database_that_hangs_from_the_start_gets_at_most_a_pool_of_connections(
    url: str, connections: Connections, frozen: Callable[[], None]
) -> None:
    freeze()
    async with pooled(url) as (_, sessions):
        assert not any(await ask_together(sessions))
        assert connections.attempts <= POOL + 1
        frozen()
        await until_answered(sessions)


async def test_a_connection_that_is_lost_as_soon_as_it_is_made_is_unavailable(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = asyncpg.connect

    async def connect_and_lose(*args: object, **options: object) -> object:
        connection = await connect(*args, **options)
        connection.terminate()
        return connection

    async with pooled(url) as (_, sessions):
        monkeypatch.setattr(asyncpg, "connect", connect_and_lose)
        assert not await ask(sessions)
        monkeypatch.undo()
        await until_answered(sessions)


async def test_a_statement_that_is_only_slow_is_waited_for(url: str, connections: Connections) -> None:
    async with pooled(url) as (_, sessions):
        assert await ask(sessions, "SELECT pg_sleep(2.5)")
        assert connections.attempts > 1, "nobody asked whether the database still answers"


async def test_too_many_callers_are_answered_with_overloaded(url: str) -> None:
    async with pooled(url) as (_, sessions):
        await until_answered(sessions, "CREATE ROLE narrow LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
        host = url.rpartition("@")[2]
        async with pooled(f"postgresql://narrow:x@{host}") as (_, narrow):
            assert not await ask(narrow)


async def test_a_read_only_primary_is_unavailable_and_its_connections_are_dropped(
    url: str, connections: Connections
) -> None:
    async with pooled(url) as (_, sessions):
        await until_answered(sessions, "CREATE TABLE IF NOT EXISTS note (at timestamptz)")
        await set_read_only(url, read_only=True)
        # Existing connections turn read-only, too, like those of a demoted primary.
        assert not await ask(sessions, "INSERT INTO note VALUES (now())")
        before = connections.attempts
        await set_read_only(url, read_only=False)
        await until_answered(sessions, "INSERT INTO note VALUES (now())")
        assert connections.attempts > before, "the next attempt did not leave the connection that refuses to write"


async def set_read_only(url: str, *, read_only: bool) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SET default_transaction_read_only = off")
    await connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if read_only else 'off'}")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()
    async with asyncio.timeout(PATIENCE_SECONDS):
        shown = ""
        while shown != ("on" if read_only else "off"):
            other = await asyncpg.connect(url)
            shown = await other.fetchval("SHOW default_transaction_read_only")
            await other.close()


async def test_the_api_answers_503_while_the_database_is_read_only(stack: RunningStack) -> None:
    await set_read_only(stack.description["database_url"], read_only=True)
    try:
        response = stack.submit(stack.build_application())
    finally:
        await set_read_only(stack.description["database_url"], read_only=False)
    assert (response.status_code, response.json()["detail"]) == (503, "The database is read-only at the moment.")
    stack.wait_for_sync_request(stack.submit_accepted(stack.build_application()), "synchronized")


async def test_a_busy_process_does_not_blame_the_database(url: str) -> None:
    async with pooled(url) as (_, sessions):
        asking = asyncio.ensure_future(ask(sessions))
        deadline = time.monotonic() + LONGER_THAN_A_CONNECT_MAY_TAKE
        asyncio.get_running_loop().call_soon(lambda: asyncio.get_running_loop().call_soon(busy_until, deadline))
        assert await asking


def busy_until(deadline: float) -> None:
    """Block the event loop."""
    while time.monotonic() < deadline:
        pass
