"""The steps of a batch: each page is one transaction, after one call where its step asks another system."""

from datetime import timedelta

from temporalio import activity
from temporalio.client import Client

from connectors.derms.protocol import Derms, OutgoingMessage
from connectors.temporal.workflow_status import get_workflow_statuses
from models.errors import OutcomeUnknown, Refused, Unavailable
from models.messages.batch import BatchProgress, BeginBatch, FailBatch
from models.messages.synchronization import DermsAcknowledgement
from models.scope import OperatorScope, SystemScope
from operations.batches import (
    batched_sync,
    initial_load,
    missing_syncs,
    move_out_sweep,
    reconciliation,
    runs,
    sync_monitor,
)
from operations.batches.batched_sync import BulkSync, BulkSyncResult
from operations.batches.reconciliation import ListedResource
from operations.batches.runs import PageResult
from operations.catalog.versions import CatalogCache
from operations.platform.database import AsyncSession, Sessions, transaction

_SCOPE = SystemScope(actor="batch")
_CIS_SCOPE = OperatorScope(actor="batch", role="system")
"""The role in whose name a batch requests what a change in the CIS causes."""

_MAX_BATCH_SENDS = 3
"""So often the batch tries to send many messages in one call; after that each workflow sends its own."""


class BatchActivities:
    """Runs on the worker's database, the DERMS and Temporal."""

    def __init__(
        self,
        sessions: Sessions,
        catalogs: CatalogCache,
        derms: Derms,
        client: Client,
        acknowledgement_timeout: timedelta,
    ) -> None:
        self._sessions = sessions
        self._catalogs = catalogs
        self._derms = derms
        self._client = client
        self._timeout = acknowledgement_timeout

    @activity.defn
    async def begin_batch(self, request: BeginBatch) -> BatchProgress:
        """Find the record of the run, or make it; return how far the run is."""
        async with transaction(self._sessions) as session:
            return await runs.begin_run(session, _SCOPE, request.name, request.workflow_id)

    @activity.defn(name="do_page")
    async def process_page(self, at: BatchProgress) -> BatchProgress:
        """Process a page of a step that needs our own database alone."""
        async with transaction(self._sessions) as session:
            run = await runs.get_run_for_update(session, at)
            if runs.to_run_status(run) != at:
                return runs.to_run_status(run)
            return await runs.record_page(session, _SCOPE, run, await self._run_step(session, run, at))

    async def _run_step(self, session: AsyncSession, run: runs.BatchRun, at: BatchProgress) -> PageResult:
        match at.step:
            case "subscriptions_never_announced":
                return await missing_syncs.enqueue_subscription_syncs(session, _SCOPE, self._catalogs, at.cursor)
            case "replacements_never_announced":
                return await missing_syncs.enqueue_replacement_syncs(session, _SCOPE, self._catalogs, at.cursor)
            case "move_outs":
                return await move_out_sweep.sweep_move_outs(session, _CIS_SCOPE, self._catalogs, at.cursor)
            case "release":
                return await sync_monitor.release_held_page(session, _SCOPE, self._catalogs)
            case "overdue":
                return await sync_monitor.ask_about_overdue(session, self._timeout)
            case "drafts":
                return await sync_monitor.expire_drafts(session, _SCOPE)
            case "standing":
                return await sync_monitor.count_open(session)
            case "missing_in_derms":
                return await reconciliation.find_missing_devices(session, run, at.cursor)
            case _:
                raise ValueError(f"no batch has a step {at.step}")

    @activity.defn(name="do_asking_page")
    async def process_external_page(self, at: BatchProgress) -> BatchProgress:
        """Process a page of a step that asks the DERMS or Temporal first, outside any transaction."""
        if at.step == "listed_by_derms":
            return await self._reconcile_page(at)
        if at.step == "send_together":
            return await self._send_sync_batch(at)
        return await self._repair_page(at)

    async def _reconcile_page(self, at: BatchProgress) -> BatchProgress:
        async with transaction(self._sessions) as session:
            endpoint = (await self._catalogs.get_current(session)).derms_endpoint
        page = await self._derms.list_resources(endpoint, at.cursor)
        listed = [
            ListedResource(resource.id, resource.device.device_id, resource.subscription, resource.state)
            for resource in page.items
        ]
        async with transaction(self._sessions) as session:
            run = await runs.get_run_for_update(session, at)
            if runs.to_run_status(run) != at:
                return runs.to_run_status(run)
            done = await reconciliation.compare_listed_resources(session, run, listed, page.next_cursor)
            return await runs.record_page(session, _SCOPE, run, done)

    async def _send_sync_batch(self, at: BatchProgress) -> BatchProgress:
        async with transaction(self._sessions) as session:
            run = await runs.get_run_for_update(session, at)
            if runs.to_run_status(run) != at:
                return runs.to_run_status(run)
            bulk_sync = await batched_sync.prepare_bulk_sync(session, _SCOPE, self._catalogs)
        result = await self._send_to_derms(bulk_sync) if bulk_sync.messages else BulkSyncResult()
        async with transaction(self._sessions) as session:
            run = await runs.get_run_for_update(session, at)
            done = await batched_sync.record_bulk_sync_result(session, _SCOPE, bulk_sync, result)
            if runs.to_run_status(run) != at:
                return runs.to_run_status(run)
            return await runs.record_page(session, _SCOPE, run, done)

    async def _send_to_derms(self, bulk_sync: BulkSync) -> BulkSyncResult:
        """Send all messages in one call; the result is empty if the DERMS does not take them this way."""
        messages = [
            OutgoingMessage(message.endpoint, message.key, message.sync_request_id, message.revision, message.snapshot)
            for message in bulk_sync.messages
            if message.snapshot is not None
        ]
        try:
            results = await self._derms.send_batch(bulk_sync.endpoint, messages)
        except Refused:
            return BulkSyncResult()
        except (Unavailable, OutcomeUnknown):
            if activity.info().attempt < _MAX_BATCH_SENDS:
                raise
            return BulkSyncResult()
        received = frozenset(key for key, result in results.items() if result.status == "received")
        answers = [result.acknowledgement for result in results.values() if result.acknowledgement is not None]
        return BulkSyncResult(
            received, tuple(DermsAcknowledgement.model_validate(answer.model_dump()) for answer in answers)
        )

    async def _repair_page(self, at: BatchProgress) -> BatchProgress:
        async with transaction(self._sessions) as session:
            open_work = await initial_load.list_open_work(session, at.step or "", at.cursor)
        statuses = await get_workflow_statuses(self._client, [item.workflow_id for item in open_work.items])
        async with transaction(self._sessions) as session:
            run = await runs.get_run_for_update(session, at)
            if runs.to_run_status(run) != at:
                return runs.to_run_status(run)
            done = await initial_load.repair(session, _SCOPE, at.step or "", open_work, statuses)
            return await runs.record_page(session, _SCOPE, run, done)

    @activity.defn
    async def fail_batch(self, request: FailBatch) -> None:
        """Record that the run cannot go on."""
        async with transaction(self._sessions) as session:
            await runs.fail_run(session, _SCOPE, request.name, request.workflow_id, request.reason)
