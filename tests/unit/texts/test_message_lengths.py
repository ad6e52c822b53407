"""Texts in histories are short, and long ones are truncated rather than refused."""

import asyncio
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor

from activities.errors import ErrorMapping
from models.errors import Refused
from models.messages.signals import CancelRequested
from models.messages.synchronization import DermsAcknowledgement
from models.messages.text import MAXIMUM_LENGTH
from workflows.deduplication import MessageDeduplicator

LONG = "x" * 5000


def test_a_long_text_is_truncated() -> None:
    assert len(CancelRequested(reason=LONG).reason) == MAXIMUM_LENGTH
    answer = DermsAcknowledgement(
        message_id="a", sync_request_id="s", result="negative", text=LONG, references={LONG: LONG}
    )
    assert len(answer.text) == MAXIMUM_LENGTH
    assert {len(text) for text in (*answer.references, *answer.references.values())} == {MAXIMUM_LENGTH}


def test_a_short_text_stays_as_it_is() -> None:
    assert CancelRequested(reason="moved away").reason == "moved away"


class Failing(ActivityInboundInterceptor):
    """An activity that fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def execute_activity(self, input: Any) -> Any:
        raise self._error


@pytest.mark.parametrize(
    ("error", "kind"), [(Refused(LONG, code="refused"), "refused"), (ValueError(f"{LONG}\nsecret"), "ValueError")]
)
def test_an_activity_failure_is_short_and_has_no_cause(error: Exception, kind: str) -> None:
    error.__cause__ = KeyError("a whole statement with what it was given")
    with pytest.raises(ApplicationError) as failed:
        asyncio.run(ErrorMapping().intercept_activity(Failing(error)).execute_activity(None))  # type: ignore[arg-type]
    assert (failed.value.type, failed.value.__cause__) == (kind, None)
    assert len(failed.value.message) == MAXIMUM_LENGTH
    assert "secret" not in failed.value.message


def test_message_ids_are_remembered_as_a_bounded_set_of_digests() -> None:
    seen = MessageDeduplicator()
    assert seen.is_new(LONG)
    assert not seen.is_new(LONG)
    assert all(seen.is_new(f"{number}") for number in range(1000))
    assert len(seen._digests) == 1000
    assert max(map(len, seen._digests)) == 64
    assert seen.is_new(LONG)
