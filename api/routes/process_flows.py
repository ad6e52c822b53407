"""Guided flows: begin, save panel by panel, finish."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import ConfigDict, Field

from api.auth import AsOperator
from api.bodies import Reason
from api.context import InContext
from api.parameters import Cursor, Limit, PanelPath, ProcessFlowPath, version_of
from models.ids import CustomerId
from models.process_flow import FlowType, ProcessFlowStart
from models.process_flow_views import ProcessFlowSummary, ProcessFlowView
from models.task_states import ProcessFlowState
from models.values import Code, Value
from models.views import Page, View
from operations import finishing, outbox, process_flows
from operations.database import transaction
from operations.queries import process_flows as queries

router = APIRouter(prefix="/v1/process-flows", tags=["process flows"])

IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=40, description="ETag of the flow as it was read.")]


class PanelRequest(Value):
    """What was entered on one panel. `complete` false saves it half filled, to be resumed later."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"values": {"program": "TSTAT-DR"}, "complete": True}]})

    values: dict[Code, Any] = Field(max_length=40)
    complete: bool = True


class Submitted(View):
    """The request that came of the flow."""

    id: str
    process_flow: str
    result: str
    links: dict[str, str]


@router.post("", status_code=201)
async def begin(body: ProcessFlowStart, response: Response, scope: AsOperator, context: InContext) -> ProcessFlowView:
    """Begin a guided flow for a customer."""
    async with transaction(context.sessions) as session:
        draft = await process_flows.begin(session, scope, context.catalogs, body)
        view = await queries.shown(session, scope, context.catalogs, draft)
    return _tagged(response, view)


@router.get("")
async def listed(
    scope: AsOperator,
    context: InContext,
    customer: Annotated[CustomerId | None, Query()] = None,
    flow_type: Annotated[FlowType | None, Query(alias="type")] = None,
    state: ProcessFlowState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ProcessFlowSummary]:
    """Guided flows, newest first: drafts to resume, and what became of the others."""
    async with transaction(context.sessions) as session:
        return await queries.listed(
            session, scope, customer=customer, type_=flow_type, state=state, limit=limit, cursor=cursor
        )


@router.get("/{process_flow}")
async def seen(
    process_flow: ProcessFlowPath, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """One guided flow, as it can be filled in from here."""
    async with transaction(context.sessions) as session:
        view = await queries.seen(session, scope, context.catalogs, process_flow)
    return _tagged(response, view)


@router.put("/{process_flow}/panels/{panel}")
async def save(
    process_flow: ProcessFlowPath,
    panel: PanelPath,
    body: PanelRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    if_match: IfMatch = None,
) -> ProcessFlowView:
    """Save a panel. With If-Match nobody's work is overwritten."""
    async with transaction(context.sessions) as session:
        draft = await process_flows.save_panel(
            session,
            scope,
            context.catalogs,
            process_flow,
            panel,
            body.values,
            base=version_of(if_match),
            strict=body.complete,
        )
        view = await queries.shown(session, scope, context.catalogs, draft)
    return _tagged(response, view)


@router.post("/{process_flow}/finish", status_code=202)
async def finish(
    process_flow: ProcessFlowPath, response: Response, scope: AsOperator, context: InContext, if_match: IfMatch = None
) -> Submitted:
    """Submit what was entered, exactly once."""
    async with transaction(context.sessions) as session:
        finished = await finishing.finish(
            session,
            scope,
            context.catalogs,
            process_flow,
            base=version_of(if_match),
            acknowledgement_timeout_seconds=context.acknowledgement_timeout_seconds,
        )
    context.courier.take(outbox.written(session))
    response.headers["Location"] = finished.door
    links = {"self": finished.door, "result": finished.door}
    return Submitted(id=process_flow, process_flow=process_flow, result=finished.id, links=links)


@router.post("/{process_flow}/renew")
async def renew(
    process_flow: ProcessFlowPath, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """Move a draft to the configuration in force; what must be entered again shows as a fault of its panel."""
    async with transaction(context.sessions) as session:
        draft = await process_flows.renew(session, scope, context.catalogs, process_flow)
        view = await queries.shown(session, scope, context.catalogs, draft)
    return _tagged(response, view)


@router.post("/{process_flow}/cancel")
async def cancel(
    process_flow: ProcessFlowPath, body: Reason, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """Give a draft up."""
    async with transaction(context.sessions) as session:
        row = await process_flows.cancel(session, scope, process_flow, body.reason)
        view = await queries.shown(
            session, scope, context.catalogs, await process_flows.drawn(session, context.catalogs, row)
        )
    return _tagged(response, view)


def _tagged(response: Response, view: ProcessFlowView) -> ProcessFlowView:
    response.headers["ETag"] = f'"{view.version}"'
    return view
