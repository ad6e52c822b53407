"""No statement reads more because the tables have grown: each is planned for tables a thousand times as long."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from api.app import create_app
from bench.api_queries import build_queries
from bench.grow_database import grow_database
from cli.commands.catalog_file import read_catalog
from models.catalog.catalog import Catalog
from models.messages.synchronization import DermsAcknowledgement
from models.requests.sync_request import SyncRequestFilter
from models.scope import OperatorScope
from models.states.sync_request import SyncState
from models.tables.batch_run import BatchRun
from operations.batches import initial_load, missing_syncs, reconciliation, sync_monitor
from operations.catalog import eligibility_facts, waitlist
from operations.catalog.versions import CatalogCache, apply_catalog
from operations.enrollment import acceptance
from operations.platform import inbox
from operations.platform.database import AsyncSession, create_engine, create_sessions, transaction
from operations.synchronization import sync_queue, sync_repairs
from operations.unenrollment import move_outs
from tests.integration.clients.running_stack import ROOT, Database, RunningStack
from tests.integration.database.test_migrations import alembic_config
from tests.integration.performance.query_plans import (
    GROWING_TABLES,
    HIGHEST_COST,
    HIGHEST_COUNT_COST,
    INFLATE_STATISTICS,
    explain,
    find_objections,
    format_plan,
    record_statements,
)

SCOPE = OperatorScope(actor="tester", role="operator")
PEOPLE = 2000
BEGINNING = "0" * 26
OURS = "/* of the test itself */"


@pytest.fixture(scope="module")
def grown(running: RunningStack) -> Iterator[str]:
    """The URL of a grown database whose planner believes that it has millions of rows."""
    name = running.unique_name("grown").replace("-", "_")
    running.database.execute(f"CREATE DATABASE {name}")
    url = running.description["database_url"].rsplit("/", 1)[0] + f"/{name}"
    command.upgrade(alembic_config(url), "head")
    asyncio.run(_fill(url))
    yield url
    running.database.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def _fill(url: str) -> None:
    catalog = Catalog.model_validate(read_catalog(ROOT / "examples/catalog.yaml"))
    async with _engine(url) as engine:
        async with transaction(create_sessions(engine)) as session:
            await apply_catalog(session, SCOPE, CatalogCache(), catalog, dry_run=False)
        await grow_database(url, PEOPLE)
        async with engine.begin() as connection:
            await connection.execute(text(INFLATE_STATISTICS), {"tables": sorted(GROWING_TABLES)})


@asynccontextmanager
async def _engine(url: str) -> AsyncGenerator[AsyncEngine]:
    engine = create_engine(url, 1)
    try:
        yield engine
    finally:
        await engine.dispose()


def _refuse(engine_url: str, sent: list[tuple[str, Any]]) -> None:
    """Fail with the statements that cost more in a bigger database, and with their plans."""
    found = asyncio.run(_costly(engine_url, sent))
    assert not found, "\n\n".join(found)


async def _costly(url: str, sent: list[tuple[str, Any]], cost_at_most: int = HIGHEST_COST) -> list[str]:
    found: list[str] = []
    async with _engine(url) as engine, engine.connect() as connection:
        for statement, parameters in sent:
            one = parameters[0] if isinstance(parameters, list) else parameters
            plan = await connection.run_sync(explain, statement, one)
            if why := find_objections(plan, cost_at_most):
                found.append(f"{'; '.join(why)}:\n{statement}\n{one}\n{format_plan(plan)}")
    return found


def test_the_grown_database_has_the_expected_rows(grown: str) -> None:
    database = Database(grown)
    for table in ("customer", "premise", "service_point", "account", "enrollment"):
        assert database.value(f"SELECT count(*) FROM {table}") == PEOPLE
    assert database.value("SELECT count(*) FROM sync_request") >= PEOPLE
    states = {row["state"] for row in database.rows("SELECT DISTINCT state FROM sync_request")}
    assert states == {state.value for state in SyncState}
    assert not database.rows("SELECT conname FROM pg_constraint WHERE NOT convalidated")
    database.close()


@pytest.fixture
def asking(grown: str, running: RunningStack) -> Iterator[tuple[asyncio.Runner, httpx.AsyncClient, AsyncEngine]]:
    """The API over the grown database, in this process, so that its statements can be recorded."""
    with asyncio.Runner() as runner:
        app = create_app(
            database_url=grown,
            pool_size=2,
            temporal=runner.run(Client.connect(running.description["temporal_address"])),
            token="t",
            derms_secret="",
            head_end_secret="",
            temporal_ui_url="",
            acknowledgement_timeout=timedelta(seconds=60),
        )
        life = app.router.lifespan_context(app)
        runner.run(life.__aenter__())
        transport, headers = httpx.ASGITransport(app), {"Authorization": "Bearer t"}
        client = httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)
        yield runner, client, app.state.context.sessions.kw["bind"]
        runner.run(client.aclose())
        runner.run(life.__aexit__(None, None, None))


def test_no_api_query_reads_a_whole_table(
    grown: str, asking: tuple[asyncio.Runner, httpx.AsyncClient, AsyncEngine]
) -> None:
    runner, client, engine = asking

    def ask(path: str, parameters: dict[str, Any]) -> Any:
        return runner.run(client.get(path, params=parameters)).raise_for_status().json()

    found: list[str] = []
    for name, (path, parameters) in build_queries(ask).items():
        with record_statements(engine) as sent:
            response = runner.run(client.get(path, params=parameters))
        assert response.status_code == 200, f"{name}: {response.text}"
        most = HIGHEST_COUNT_COST if name == "/metrics" else HIGHEST_COST
        found += [f"{name} {one}" for one in runner.run(_costly(grown, sent, most))]
    assert not found, "\n\n".join(found)


Work = Callable[[AsyncSession, CatalogCache], Awaitable[Any]]


async def _some(session: AsyncSession, statement: str) -> Any:
    return (await session.execute(text(f"{OURS} {statement}"))).scalar_one()


async def _missing(session: AsyncSession, catalogs: CatalogCache) -> Any:
    run = BatchRun(id="bat", name="reconciliation", started_at=datetime.now(UTC))
    return await reconciliation.find_missing_devices(session, run, f"sub_{BEGINNING}/dev_{BEGINNING}")


async def _compared(session: AsyncSession, catalogs: CatalogCache) -> Any:
    run = BatchRun(id="bat", name="reconciliation", started_at=datetime.now(UTC))
    device = await _some(session, "SELECT max(device_id) FROM subscription_device")
    listed = [
        reconciliation.ListedResource("der", device, f"M-SUB-{number:08}", "enrolled") for number in range(100, 300)
    ]
    return await reconciliation.compare_listed_resources(session, run, listed, None)


async def _held(session: AsyncSession, catalogs: CatalogCache) -> Any:
    found = await eligibility_facts.get_held_devices(session, [("M00000777", "ecobee")])
    assert found
    return found


async def _served(session: AsyncSession, catalogs: CatalogCache) -> Any:
    catalog = await catalogs.get_current(session)
    program = catalog.content.programs[0]
    waits = program.model_copy(update={"capacity": program.capacity.model_copy(update={"waitlist": True})})
    return await waitlist.notify_next_in_line(session, waits)


async def _loaded(session: AsyncSession, catalogs: CatalogCache) -> Any:
    return await acceptance.load_enrollment(session, await _some(session, "SELECT min(id) FROM enrollment"))


async def _received(session: AsyncSession, catalogs: CatalogCache) -> Any:
    request = await _some(session, "SELECT min(id) FROM sync_request")
    return await inbox.receive_acknowledgements(
        session, [DermsAcknowledgement(message_id="ack-new", sync_request_id=request, result="positive")]
    )


async def _retried(session: AsyncSession, catalogs: CatalogCache) -> Any:
    return await sync_repairs.retry_many(session, SCOPE, catalogs, SyncRequestFilter(), dry_run=False, limit=50)


async def _repeat_import(session: AsyncSession, catalogs: CatalogCache) -> Any:
    subscription = "SELECT subscription_id FROM sync_request WHERE kind = 'update' AND state = 'synchronized' LIMIT 1"
    return await sync_repairs.resync_subscription(session, SCOPE, catalogs, await _some(session, subscription))


WORK: Mapping[str, Work] = {
    "held messages are released": lambda session, catalogs: sync_monitor.release_held_page(session, SCOPE, catalogs),
    "held messages of a program are released": lambda session, _: sync_queue.release_held(
        session, SCOPE, "AC-CYCLE", 50
    ),
    "overdue messages are hurried": lambda session, _: sync_monitor.ask_about_overdue(session, timedelta(minutes=15)),
    "old drafts expire": lambda session, _: sync_monitor.expire_drafts(session, SCOPE),
    "open messages are counted": lambda session, _: sync_monitor.count_open(session),
    "enrollments without a workflow": lambda session, _: initial_load.list_open_work(
        session, "enrollments", f"enr_{BEGINNING}"
    ),
    "unenrollments without a workflow": lambda session, _: initial_load.list_open_work(session, "unenrollments", ""),
    "service calls without a workflow": lambda session, _: initial_load.list_open_work(session, "service_calls", ""),
    "messages without a workflow": lambda session, _: initial_load.list_open_work(
        session, "sync_requests", f"syn_{BEGINNING}"
    ),
    "subscriptions never announced": lambda session, catalogs: missing_syncs.enqueue_subscription_syncs(
        session, SCOPE, catalogs, ""
    ),
    "replacements never announced": lambda session, catalogs: missing_syncs.enqueue_replacement_syncs(
        session, SCOPE, catalogs, ""
    ),
    "customers who move out": lambda session, catalogs: move_outs.sweep_move_outs(session, SCOPE, catalogs, ""),
    "devices that the DERMS does not list": _missing,
    "devices that the DERMS lists": _compared,
    "a device that is known": _held,
    "a place becomes free": _served,
    "an enrollment is weighed": _loaded,
    "an acknowledgement comes in": _received,
    "messages in error are retried": _retried,
    "the DERMS is told again": _repeat_import,
}


@pytest.mark.parametrize("name", WORK)
def test_no_operation_reads_a_whole_table(grown: str, name: str) -> None:
    _refuse(grown, asyncio.run(_sent(grown, WORK[name])))


async def _sent(url: str, work: Work) -> list[tuple[str, Any]]:
    """Record the statements of an operation that is rolled back."""
    async with _engine(url) as engine, create_sessions(engine)() as session:
        catalogs = CatalogCache()
        await catalogs.get_current(session)
        with record_statements(engine) as sent:
            await work(session, catalogs)
        await session.rollback()
    return [one for one in sent if not one[0].startswith(OURS)]
