"""Shortens the timeouts of this process's workflows, because no test can wait for hours or days.

A step on our own database and a call to the DERMS give up after a few attempts. Days are short for request kinds whose
name begins with LATE_PREFIX.
"""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

from workflows import policies

LATE_PREFIX = "LATE_"
_SHORT_DAY = timedelta(milliseconds=200)
_STEP_TIMEOUT = timedelta(seconds=10)
"""Temporal gives a step that calls other systems to the next worker after this time."""
_FEW_ATTEMPTS = RetryPolicy(initial_interval=timedelta(milliseconds=100), backoff_coefficient=1, maximum_attempts=60)
"""Counted attempts instead of a time limit: a blocked step is one attempt, or one for each time that it is
reassigned."""
_PROGRAM = SearchAttributeKey.for_keyword("Program")


def shorten_timeouts() -> None:
    """Shorten the timeouts of every workflow from now on."""
    for patience in (
        policies.DERMS_SEND,
        policies.DERMS_STATUS,
        policies.FIELD_WORK,
        policies.HEAD_END,
        policies.BATCH_EXTERNAL,
    ):
        patience["start_to_close_timeout"] = _STEP_TIMEOUT
    policies.DERMS_SEND["retry_policy"] = policies.OWN_DATABASE["retry_policy"] = _FEW_ATTEMPTS
    wait, sleep = workflow.wait_condition, workflow.sleep

    async def wait_less(until: Any, *, timeout: timedelta | None = None, **how: Any) -> None:
        await wait(until, timeout=timeout and _shorten(timeout), **how)

    async def sleep_less(duration: timedelta, **how: Any) -> None:
        await sleep(_shorten(duration), **how)

    workflow.wait_condition, workflow.sleep = wait_less, sleep_less


def _shorten(patience: timedelta) -> timedelta:
    program = workflow.info().typed_search_attributes.get(_PROGRAM)
    return patience * (_SHORT_DAY / timedelta(days=1)) if program and program.startswith(LATE_PREFIX) else patience
