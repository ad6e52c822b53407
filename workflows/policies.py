"""Every time-out and retry policy of the workflows, by name. No other module has one."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy

from models.time_limits import DERMS_ACTIVITY_TIMEOUT, HEAD_END_ACTIVITY_TIMEOUT


class ActivityOptions(TypedDict):
    """The time-outs and retries of an activity, typed so that `**` is checked against the methods of the SDK."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class LocalActivityOptions(ActivityOptions):
    """The same for a local activity. A wait for the next attempt that is shorter than `local_retry_threshold` keeps the
    workflow task open and a slot of the worker taken; a longer wait is a timer and takes nothing."""

    local_retry_threshold: timedelta


OWN_DATABASE = LocalActivityOptions(
    start_to_close_timeout=timedelta(seconds=20),
    schedule_to_close_timeout=timedelta(hours=1),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=100), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
    local_retry_threshold=timedelta(seconds=1),
)
"""A step on our own database: retried for an hour, then a person is asked and it is tried again from time to time."""

DERMS_SEND = ActivityOptions(
    start_to_close_timeout=DERMS_ACTIVITY_TIMEOUT,
    schedule_to_close_timeout=timedelta(hours=6),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
)
"""Sending a message: nobody is asked when the DERMS is down for an evening."""

DERMS_STATUS = ActivityOptions(
    start_to_close_timeout=DERMS_ACTIVITY_TIMEOUT,
    schedule_to_close_timeout=timedelta(hours=6),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
)
"""Asking for the status of a message."""

AUTOMATIC_RETRY_INTERVAL = timedelta(hours=1)
"""What failed for technical reasons is tried again this often, however long nobody acts."""

FIELD_WORK = ActivityOptions(
    start_to_close_timeout=timedelta(seconds=30),
    schedule_to_close_timeout=timedelta(days=7),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
)
"""Dispatching an order: nobody is asked when the field-work system is down for some days."""

MAX_STATUS_INTERVAL = timedelta(hours=6)
"""A DERMS that has a message and does not acknowledge it is asked less and less often, but at least this often."""

QUEUE_CHECK_INTERVAL = timedelta(hours=1)
"""A signal says when it is a sync request's turn. In case that is lost, the workflow looks, less and less often."""

MAX_QUEUE_CHECK_INTERVAL = timedelta(days=1)
"""The workflow looks at least this often, however long it waits."""

BATCH_EXTERNAL = ActivityOptions(
    start_to_close_timeout=timedelta(minutes=1),
    schedule_to_close_timeout=timedelta(hours=6),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
)
"""A page of a batch that asks the DERMS or Temporal: the run waits for a system that is down for an evening."""

HEAD_END = ActivityOptions(
    start_to_close_timeout=HEAD_END_ACTIVITY_TIMEOUT,
    schedule_to_close_timeout=timedelta(minutes=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
)
"""A request to a head-end, or asking for its answer: a customer is on the phone or waits to take part, so that a person
is asked soon."""

MAX_DEVICE_CHECK_INTERVAL = timedelta(days=1)
"""A device that does not answer is checked again without a person, less and less often, but at least this often."""
