"""Records a history of every scenario: `python -m tests.replay.record_histories`, by hand, when a scenario is new.

Existing histories are kept: they stand for open workflows, which a changed workflow has to replay.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from connectors.temporal.client import register_search_attributes
from tests.replay.fingerprints import FINGERPRINTS, build_fingerprint
from tests.replay.scenarios.all_scenarios import SCENARIOS
from tests.workflow.time_skipping_server import find_program, start_time_skipping_server

HISTORIES = Path(__file__).parent / "histories"
IDENTITY = "recorder"


async def record_missing_histories() -> None:
    """Record the missing histories, on the time-skipping server if the scenario takes long."""
    missing = {name: journey for name, journey in SCENARIOS.items() if not _get_path(name).exists()}
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=find_program("temporal"),
        data_converter=pydantic_data_converter,
        identity=IDENTITY,
        dev_server_log_level="error",
    ) as environment:
        await register_search_attributes(environment.client)
        for name in (name for name, journey in missing.items() if not journey.late):
            await _record_history(name, environment)
    for name in (name for name, journey in missing.items() if journey.late):
        async with await start_time_skipping_server(identity=IDENTITY) as environment:
            await _record_history(name, environment)


async def _record_history(name: str, environment: WorkflowEnvironment) -> None:
    journey = SCENARIOS[name]
    async with journey.begin(environment, **journey.start) as run:
        await journey.carry(run)
        history = await run.handle.fetch_history()
    _get_path(name).write_text(_without_stack_traces(history))
    (FINGERPRINTS / f"{name}.txt").write_text(build_fingerprint(history))
    print(f"recorded {name}: {len(history.events)} events")


def _get_path(name: str) -> Path:
    return HISTORIES / f"{name}.json"


def _without_stack_traces(history: WorkflowHistory) -> str:
    """Return the history without stack traces, which reveal the recording machine and are not replayed."""

    def without(found: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in found.items() if key != "stackTrace"}

    return json.dumps(json.loads(history.to_json(), object_hook=without), indent=1) + "\n"


if __name__ == "__main__":
    asyncio.run(record_missing_histories())
