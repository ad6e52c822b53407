"""Every time-out and retry policy of the flows, by name. Nowhere else."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy

from models.time_limits import DERMS_ACTIVITY_TIMEOUT, HEAD_END_ACTIVITY_TIMEOUT


class ActivityOptions(TypedDict):
    """What the SDK's methods take of time-outs and retries, and nothing else, so that `**` is checked against them."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class LocalActivityOptions(ActivityOptions):
    """The same for local activities. While one waits less than `local_retry_threshold` for its next attempt, its
    workflow task stays open and holds a slot of the worker; a longer wait is a timer and holds nothing."""

    local_retry_threshold: timedelta


OWN_DATABASE = LocalActivityOptions(
    start_to_close_timeout=timedelta(seconds=20),
    schedule_to_close_timeout=timedelta(hours=1),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=100), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
    local_retry_threshold=timedelta(seconds=1),
)
"""A step on our own database: tried for an hour, then a person is called and it is tried again from time to time."""

DERMS_SEND = ActivityOptions(
    start_to_close_timeout=DERMS_ACTIVITY_TIMEOUT,
    schedule_to_close_timeout=timedelta(hours=6),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
)
"""Handing a message over: a DERMS that is away for an evening calls nobody."""

DERMS_STATUS = ActivityOptions(
    start_to_close_timeout=DERMS_ACTIVITY_TIMEOUT,
    schedule_to_close_timeout=timedelta(hours=6),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
)
"""Asking what became of a message."""

AUTOMATIC_RETRY_INTERVAL = timedelta(hours=1)
"""What failed for technical reasons is tried again by itself, however long nobody comes."""

FIELD_WORK = ActivityOptions(
    start_to_close_timeout=timedelta(seconds=30),
    schedule_to_close_timeout=timedelta(days=7),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
)
"""Handing an order to the field-work system: technicians do not come today if it is away, nor are they called."""

MAX_STATUS_INTERVAL = timedelta(hours=6)
"""A DERMS that has a message and does not answer is asked more and more rarely, at least this often."""

QUEUE_CHECK_INTERVAL = timedelta(hours=1)
"""Whose turn has not come is told when it does; should that be lost, it looks by itself, more and more rarely."""

MAX_QUEUE_CHECK_INTERVAL = timedelta(days=1)
"""So often it looks at least, however long it waits."""

BATCH_EXTERNAL = ActivityOptions(
    start_to_close_timeout=timedelta(minutes=1),
    schedule_to_close_timeout=timedelta(hours=6),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
)
"""A page of a batch that asks the DERMS or Temporal: the run waits for whoever is away, and fails after an evening."""

HEAD_END = ActivityOptions(
    start_to_close_timeout=HEAD_END_ACTIVITY_TIMEOUT,
    schedule_to_close_timeout=timedelta(minutes=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
    ),
)
"""Asking a head-end whether a device answers, to act on it, or what became of either: somebody is on the phone, or
waits to take part, so a person is called soon."""

MAX_DEVICE_CHECK_INTERVAL = timedelta(days=1)
"""A device that does not answer is asked again by itself, more and more rarely, at least this often."""
