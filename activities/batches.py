"""The batch flow's steps: a page is one transaction, after one question where its step asks outside."""

from datetime import timedelta

from temporalio import activity
from temporalio.client import Client

from connectors.derms.client import DermsClient, Message
from connectors.temporal.standings import standings
from models.errors import OutcomeUnknown, Refused, Unavailable
from models.messages.batch import BatchStanding, BeginBatch, FailBatch
from models.messages.synchronize import Acknowledged
from models.scope import OperatorScope, SystemScope
from operations import batches, initial_load, move_outs, reconciliation, sync_batches, sync_monitor
from operations.batches import Done
from operations.catalog import Catalogs
from operations.database import AsyncSession, Sessions, transaction
from operations.reconciliation import Listed
from operations.sync_batches import Fates, Together

_BATCH = SystemScope(actor="batch")
_NEWS = OperatorScope(actor="batch", role="system")
"""Who asks for what the CIS causes, as if they had done it themselves."""

_TRIES_TOGETHER = 3
"""So often many messages are sent in one; then each goes by itself, with the patience of its own flow."""


class BatchActivities:
    """Bound to the worker's database, the DERMS and Temporal."""

    def __init__(
        self,
        sessions: Sessions,
        catalogs: Catalogs,
        derms: DermsClient,
        client: Client,
        acknowledgement_timeout: timedelta,
    ) -> None:
        self._sessions = sessions
        self._catalogs = catalogs
        self._derms = derms
        self._client = client
        self._timeout = acknowledgement_timeout

    @activity.defn
    async def begin_batch(self, request: BeginBatch) -> BatchStanding:
        """Find the run's record, or make it; say where the run stands."""
        async with transaction(self._sessions) as session:
            return await batches.begin(session, _BATCH, request.name, request.workflow_id)

    @activity.defn
    async def do_page(self, at: BatchStanding) -> BatchStanding:
        """A page on our own database."""
        async with transaction(self._sessions) as session:
            run = await batches.claimed(session, at)
            if batches.standing(run) != at:
                return batches.standing(run)
            return await batches.record(session, _BATCH, run, await self._own(session, run, at))

    async def _own(self, session: AsyncSession, run: batches.BatchRun, at: BatchStanding) -> Done:
        seconds = self._timeout.total_seconds()
        match at.step:
            case "subscriptions_never_announced":
                return await initial_load.announce_subscriptions(session, _BATCH, self._catalogs, at.cursor, seconds)
            case "replacements_never_announced":
                return await initial_load.announce_replacements(session, _BATCH, self._catalogs, at.cursor, seconds)
            case "move_outs":
                return await move_outs.sweep(session, _NEWS, self._catalogs, at.cursor, seconds)
            case "release":
                return await sync_monitor.release(session, _BATCH, self._catalogs)
            case "overdue":
                return await sync_monitor.hurry(session, self._timeout)
            case "drafts":
                return await sync_monitor.expire_drafts(session, _BATCH)
            case "standing":
                return await sync_monitor.count(session)
            case "missing_in_derms":
                return await reconciliation.find_missing(session, run, at.cursor)
            case _:
                raise ValueError(f"no batch has a step {at.step}")

    @activity.defn
    async def do_asking_page(self, at: BatchStanding) -> BatchStanding:
        """A page that asks the DERMS or Temporal first, outside any transaction."""
        if at.step == "listed_by_derms":
            return await self._compare(at)
        if at.step == "send_together":
            return await self._send_together(at)
        return await self._repair(at)

    async def _compare(self, at: BatchStanding) -> BatchStanding:
        async with transaction(self._sessions) as session:
            endpoint = (await self._catalogs.current(session)).derms_endpoint
        page = await self._derms.ders(endpoint, at.cursor)
        listed = [Listed(one.id, one.device.device_id, one.subscription, one.state) for one in page.items]
        async with transaction(self._sessions) as session:
            run = await batches.claimed(session, at)
            if batches.standing(run) != at:
                return batches.standing(run)
            done = await reconciliation.compare_listed(session, run, listed, page.next_cursor)
            return await batches.record(session, _BATCH, run, done)

    async def _send_together(self, at: BatchStanding) -> BatchStanding:
        async with transaction(self._sessions) as session:
            run = await batches.claimed(session, at)
            if batches.standing(run) != at:
                return batches.standing(run)
            taken = await sync_batches.take_together(session, _BATCH, self._catalogs)
        fates = await self._told(taken) if taken.messages else Fates()
        async with transaction(self._sessions) as session:
            run = await batches.claimed(session, at)
            done = await sync_batches.settle(session, _BATCH, taken, fates)
            if batches.standing(run) != at:
                return batches.standing(run)
            return await batches.record(session, _BATCH, run, done)

    async def _told(self, taken: Together) -> Fates:
        """One call for all; no fate is known of what the DERMS does not take this way."""
        messages = [
            Message(one.endpoint, one.key, one.sync_request_id, one.revision, one.snapshot)
            for one in taken.messages
            if one.snapshot is not None
        ]
        try:
            results = await self._derms.send_together(taken.endpoint, messages)
        except Refused:
            return Fates()
        except (Unavailable, OutcomeUnknown):
            if activity.info().attempt < _TRIES_TOGETHER:
                raise
            return Fates()
        received = frozenset(key for key, result in results.items() if result.status == "received")
        answers = [result.acknowledgement for result in results.values() if result.acknowledgement is not None]
        return Fates(received, tuple(Acknowledged.model_validate(one.model_dump()) for one in answers))

    async def _repair(self, at: BatchStanding) -> BatchStanding:
        async with transaction(self._sessions) as session:
            looked = await initial_load.look(session, at.step or "", at.cursor)
        found = await standings(self._client, [one.workflow_id for one in looked.found])
        async with transaction(self._sessions) as session:
            run = await batches.claimed(session, at)
            if batches.standing(run) != at:
                return batches.standing(run)
            seconds = self._timeout.total_seconds()
            done = await initial_load.repair(session, _BATCH, at.step or "", looked, found, seconds)
            return await batches.record(session, _BATCH, run, done)

    @activity.defn
    async def fail_batch(self, request: FailBatch) -> None:
        """Write down that a run cannot go on."""
        async with transaction(self._sessions) as session:
            await batches.fail(session, _BATCH, request.name, request.workflow_id, request.reason)
