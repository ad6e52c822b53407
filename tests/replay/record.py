"""Records a history of every journey: `python -m tests.replay.record`, by hand, when a flow is new.

Histories that are there already are kept: they stand for flows that are under way. A changed flow has to replay them.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from connectors.temporal.client import register_search_attributes
from tests.flow.conftest import program, skipping_time
from tests.replay.fingerprints import FINGERPRINTS, fingerprint
from tests.replay.journeys import JOURNEYS

HISTORIES = Path(__file__).parent / "histories"
IDENTITY = "recorder"


async def record() -> None:
    """Writes what is missing; where time has to pass, on the server that skips it."""
    missing = {name: journey for name, journey in JOURNEYS.items() if not _file(name).exists()}
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=program("temporal"),
        data_converter=pydantic_data_converter,
        identity=IDENTITY,
        dev_server_log_level="error",
    ) as environment:
        await register_search_attributes(environment.client)
        for name in (name for name, journey in missing.items() if not journey.late):
            await _record(name, environment)
    for name in (name for name, journey in missing.items() if journey.late):
        async with await skipping_time(identity=IDENTITY) as environment:
            await _record(name, environment)


async def _record(name: str, environment: WorkflowEnvironment) -> None:
    journey = JOURNEYS[name]
    async with journey.begin(environment, **journey.start) as flow:
        await journey.carry(flow)
        history = await flow.handle.fetch_history()
    _file(name).write_text(_neutral(history))
    (FINGERPRINTS / f"{name}.txt").write_text(fingerprint(history))
    print(f"recorded {name}: {len(history.events)} events")


def _file(name: str) -> Path:
    return HISTORIES / f"{name}.json"


def _neutral(history: WorkflowHistory) -> str:
    """The history without stack traces: they tell of the machine it was recorded on, and no replay reads them."""

    def without(found: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in found.items() if key != "stackTrace"}

    return json.dumps(json.loads(history.to_json(), object_hook=without), indent=1) + "\n"


if __name__ == "__main__":
    asyncio.run(record())
