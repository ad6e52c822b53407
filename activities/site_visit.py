"""The steps of a site visit: handing the order to field work, reminding, looking at what the technician reports."""

from temporalio import activity

from connectors.field_work.protocol import FieldWork, Order
from models.messages.site_visit import RemindOfVisit, TakeCompletion, Visit, VisitStanding
from models.scope import SystemScope
from models.task_states import WorkOrderState
from operations import completions, work_orders
from operations.catalog import Catalogs
from operations.database import Sessions, transaction

_FLOW = SystemScope(actor="site-visit")


class SiteVisitActivities:
    """Bound to the worker's database and the field-work system."""

    def __init__(self, sessions: Sessions, catalogs: Catalogs, field_work: FieldWork) -> None:
        self._sessions = sessions
        self._catalogs = catalogs
        self._field_work = field_work

    @activity.defn
    async def dispatch_work_order(self, request: Visit) -> VisitStanding:
        """Hand the order to the field-work system, under its number; the same again is harmless. One that was called
        off, or whose dispatch is known here, stays as it is."""
        async with transaction(self._sessions) as session:
            row = await work_orders.locked(session, request.work_order_id)
            if row.state is not WorkOrderState.CREATED:
                return completions.standing(row)
            order = Order(number=row.number, kind=row.kind, priority=row.priority, reason=row.reason)
        reference = await self._field_work.dispatch(order)
        async with transaction(self._sessions) as session:
            await work_orders.dispatched(session, _FLOW, request.work_order_id, reference)
            return completions.standing(await work_orders.locked(session, request.work_order_id))

    @activity.defn
    async def take_completion(self, request: TakeCompletion) -> VisitStanding:
        """Look at a technician's report once; say where the order stands."""
        async with transaction(self._sessions) as session:
            return await completions.take(session, _FLOW, self._catalogs, request.report)

    @activity.defn
    async def remind_of_visit(self, request: RemindOfVisit) -> VisitStanding:
        """Note that the order waits for too long; say where it stands."""
        async with transaction(self._sessions) as session:
            await work_orders.remind(session, _FLOW, request.work_order_id, escalate=request.escalate)
            return completions.standing(await work_orders.locked(session, request.work_order_id))

    @activity.defn
    async def visit_standing(self, request: Visit) -> VisitStanding:
        """Where the order stands."""
        async with transaction(self._sessions) as session:
            return completions.standing(await work_orders.locked(session, request.work_order_id))

    @activity.defn
    async def another_attempt(self, request: Visit) -> VisitStanding:
        """A person wants one more visit."""
        async with transaction(self._sessions) as session:
            row = await completions.another_attempt(session, _FLOW, request.work_order_id)
            return completions.standing(row)
