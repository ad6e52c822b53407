"""What people are shown of batches and their runs."""

from models.batches import BatchFindingKind, BatchName
from models.states.batch_run import BatchRunState
from models.values import Instant
from models.views.view import View


class BatchRunSummary(View):
    """A run in a list. `counts` grows while it runs."""

    id: str
    batch: BatchName
    state: BatchRunState
    step: str | None
    started_by: str
    started_at: Instant
    updated_at: Instant
    finished_at: Instant | None
    counts: dict[str, int]
    reason: str | None
    links: dict[str, str]


class BatchFinding(View):
    """Something that a person should know. `resendable`: sending it again to the DERMS may correct it; `resent` names
    the sync request that did."""

    kind: BatchFindingKind
    subject: str
    subscription: str | None = None
    der: str | None = None
    ours: str | None = None
    theirs: str | None = None
    help: str
    resendable: bool = False
    resent: str | None = None


class BatchRunView(BatchRunSummary):
    """A run with what it found, as far as a record holds it; `counts` has all."""

    findings: tuple[BatchFinding, ...]
    available_actions: tuple[str, ...]


class BatchView(View):
    """A batch, when it runs by itself, and its last run."""

    name: BatchName
    description: str
    schedule: str
    """The id of the Temporal Schedule: paused, resumed and triggered there."""
    every_seconds: int
    last_run: BatchRunSummary | None
    links: dict[str, str]


class ResendResult(View):
    """What was sent again: one sync request for each subscription."""

    run: str
    sync_requests: tuple[str, ...]


class BatchRunStarted(View):
    """The run is taken in, or was before under the same key."""

    id: str
    batch: BatchName
    state: BatchRunState
    links: dict[str, str]
