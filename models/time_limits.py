"""How long one step of a workflow may take: the policies of the workflows and the settings both have to fit."""

from datetime import timedelta
from typing import Final

DERMS_ACTIVITY_TIMEOUT: Final = timedelta(seconds=15)
"""A step that calls the DERMS once; Temporal gives it to another worker afterwards."""

HEAD_END_ACTIVITY_TIMEOUT: Final = timedelta(seconds=30)
"""A step that calls a head-end once."""

OWN_TRANSACTIONS_MARGIN: Final = timedelta(seconds=3)
"""What such a step needs beside the call, to read and to write down in our own database."""

GRACEFUL_SHUTDOWN_TIMEOUT: Final = timedelta(seconds=20)
"""So long a worker that is stopped lets the calls in flight finish."""

MAXIMUM_DERMS_CALL: Final = min(DERMS_ACTIVITY_TIMEOUT, GRACEFUL_SHUTDOWN_TIMEOUT) - OWN_TRANSACTIONS_MARGIN
MAXIMUM_HEAD_END_CALL: Final = min(HEAD_END_ACTIVITY_TIMEOUT, GRACEFUL_SHUTDOWN_TIMEOUT) - OWN_TRANSACTIONS_MARGIN
