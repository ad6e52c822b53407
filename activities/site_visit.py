"""The steps of a site visit: dispatching the order, reminding of it, and reviewing the technician's report."""

from temporalio import activity

from connectors.field_work.protocol import DispatchOrder, FieldWorkSystem
from models.messages.site_visit import AwaitedVisit, RemindOfVisit, ReviewCompletion, SiteVisitStatus
from models.scope import SystemScope
from models.states.work_order import WorkOrderState
from operations.catalog.versions import CatalogCache
from operations.field_work import completions, work_orders
from operations.platform.database import Sessions, transaction

_SCOPE = SystemScope(actor="site-visit")


class SiteVisitActivities:
    """Runs on the worker's database and the field-work system."""

    def __init__(self, sessions: Sessions, catalogs: CatalogCache, field_work: FieldWorkSystem) -> None:
        self._sessions = sessions
        self._catalogs = catalogs
        self._field_work = field_work

    @activity.defn
    async def dispatch_work_order(self, request: AwaitedVisit) -> SiteVisitStatus:
        """Send the order to the field-work system under its number; sending it again is harmless. An order that was
        canceled or dispatched already stays as it is."""
        async with transaction(self._sessions) as session:
            row = await work_orders.get_for_update(session, request.work_order_id)
            if row.state is not WorkOrderState.CREATED:
                return completions.to_visit_status(row)
            order = DispatchOrder(number=row.number, kind=row.kind, priority=row.priority, reason=row.reason)
        reference = await self._field_work.dispatch(order)
        async with transaction(self._sessions) as session:
            await work_orders.record_dispatch(session, _SCOPE, request.work_order_id, reference)
            return completions.to_visit_status(await work_orders.get_for_update(session, request.work_order_id))

    @activity.defn(name="take_completion")
    async def process_completion(self, request: ReviewCompletion) -> SiteVisitStatus:
        """Review a technician's report once; return the status of the order."""
        async with transaction(self._sessions) as session:
            return await completions.process_report(session, _SCOPE, self._catalogs, request.report)

    @activity.defn
    async def remind_of_visit(self, request: RemindOfVisit) -> SiteVisitStatus:
        """Record that the order is overdue; return its status."""
        async with transaction(self._sessions) as session:
            await work_orders.record_reminder(session, _SCOPE, request.work_order_id, escalate=request.escalate)
            return completions.to_visit_status(await work_orders.get_for_update(session, request.work_order_id))

    @activity.defn(name="visit_standing")
    async def get_visit_status(self, request: AwaitedVisit) -> SiteVisitStatus:
        """Return the status of the order."""
        async with transaction(self._sessions) as session:
            return completions.to_visit_status(await work_orders.get_for_update(session, request.work_order_id))

    @activity.defn(name="another_attempt")
    async def order_another_visit(self, request: AwaitedVisit) -> SiteVisitStatus:
        """Allow one more visit, as a person decided."""
        async with transaction(self._sessions) as session:
            row = await completions.allow_another_attempt(session, _SCOPE, request.work_order_id)
            return completions.to_visit_status(row)
