"""How long one step of a workflow may take: the policies of the workflows and the settings both have to fit."""

from datetime import timedelta
from typing import Final

DERMS_STEP: Final = timedelta(seconds=15)
"""A step that calls the DERMS once; Temporal gives it to another worker afterwards."""

HEAD_END_STEP: Final = timedelta(seconds=30)
"""A step that calls a head-end once."""

OWN_TRANSACTIONS: Final = timedelta(seconds=3)
"""What such a step needs beside the call, to read and to write down in our own database."""

GRACEFUL_SHUTDOWN: Final = timedelta(seconds=20)
"""So long a worker that is stopped lets the calls in flight finish."""

LONGEST_DERMS_CALL: Final = min(DERMS_STEP, GRACEFUL_SHUTDOWN) - OWN_TRANSACTIONS
LONGEST_HEAD_END_CALL: Final = min(HEAD_END_STEP, GRACEFUL_SHUTDOWN) - OWN_TRANSACTIONS
