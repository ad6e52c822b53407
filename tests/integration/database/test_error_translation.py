"""PostgreSQL's errors become our own, which repeat nothing of what was to be stored."""

import pytest
from sqlalchemy import text

from models.errors import Unavailable
from operations.platform.database import create_engine, create_sessions, transaction
from tests.integration.clients.running_stack import RunningStack


@pytest.mark.parametrize(
    ("sqlstate", "code", "detail"),
    [
        ("53100", "database-unavailable", "The database's disk is full."),
        ("53300", "database-unavailable", "The database cannot be reached or is overloaded."),
        ("57P01", "database-unavailable", "The database cannot be reached or is overloaded."),
        ("40P01", "database-unavailable", "The database cannot be reached or is overloaded."),
        ("23505", "raced", "Another request changed the same records at the same moment."),
    ],
)
async def test_retryable_database_errors_are_unavailable(
    running: RunningStack, sqlstate: str, code: str, detail: str
) -> None:
    engine = create_engine(running.description["database_url"], 1)
    raising = text(f"DO $$ BEGIN RAISE EXCEPTION 'Ada Lovelace' USING ERRCODE = '{sqlstate}'; END $$")
    with pytest.raises(Unavailable) as raised:
        async with transaction(create_sessions(engine)) as session:
            await session.execute(raising)
    assert (raised.value.code, raised.value.detail) == (code, detail)
    await engine.dispose()
