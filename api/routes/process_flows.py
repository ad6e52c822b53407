"""Guided flows: begin, save panel by panel, finish."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import ConfigDict, Field

from api.auth import AsOperator
from api.bodies import ReasonRequest
from api.context import InContext
from api.parameters import Cursor, Limit, PanelPath, ProcessFlowPath, parse_if_match
from models.ids import CustomerId
from models.requests.process_flow import ProcessFlowStart, ProcessFlowType
from models.states.process_flow import ProcessFlowState
from models.values import Code, Value
from models.views.process_flow import ProcessFlowSummary, ProcessFlowView
from models.views.view import Page, View
from operations.guided_flow import drafts, finish, queries
from operations.platform import outbox
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/process-flows", tags=["process flows"])

IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=40, description="ETag of the flow as it was read.")]


class PanelRequest(Value):
    """What was entered on one panel. `complete` false saves it half filled, to be resumed later."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"values": {"program": "TSTAT-DR"}, "complete": True}]})

    values: dict[Code, Any] = Field(max_length=40)
    complete: bool = True


class FinishedProcessFlowView(View):
    """The request that came of the flow."""

    id: str
    process_flow: str
    result: str
    links: dict[str, str]


@router.post("", status_code=201)
async def start_process_flow(
    body: ProcessFlowStart, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """Begin a guided flow for a customer."""
    async with transaction(context.sessions) as session:
        draft = await drafts.begin_process_flow(session, scope, context.catalogs, body)
        view = await queries.build_view(session, scope, context.catalogs, draft)
    return _set_etag(response, view)


@router.get("")
async def list_process_flows(
    scope: AsOperator,
    context: InContext,
    customer: Annotated[CustomerId | None, Query()] = None,
    flow_type: Annotated[ProcessFlowType | None, Query(alias="type")] = None,
    state: ProcessFlowState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ProcessFlowSummary]:
    """Guided flows, newest first: drafts to resume, and what became of the others."""
    async with transaction(context.sessions) as session:
        return await queries.list_process_flows(
            session, scope, customer=customer, type_=flow_type, state=state, limit=limit, cursor=cursor
        )


@router.get("/{process_flow}")
async def get_process_flow(
    process_flow: ProcessFlowPath, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """One guided flow, as it can be filled in from here."""
    async with transaction(context.sessions) as session:
        view = await queries.get_process_flow(session, scope, context.catalogs, process_flow)
    return _set_etag(response, view)


@router.put("/{process_flow}/panels/{panel}")
async def save_process_flow_panel(
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
        draft = await drafts.save_panel(
            session,
            scope,
            context.catalogs,
            process_flow,
            panel,
            body.values,
            base=parse_if_match(if_match),
            strict=body.complete,
        )
        view = await queries.build_view(session, scope, context.catalogs, draft)
    return _set_etag(response, view)


@router.post("/{process_flow}/finish", status_code=202)
async def finish_process_flow(
    process_flow: ProcessFlowPath, response: Response, scope: AsOperator, context: InContext, if_match: IfMatch = None
) -> FinishedProcessFlowView:
    """Submit what was entered, exactly once."""
    async with transaction(context.sessions) as session:
        finished = await finish.finish_process_flow(
            session,
            scope,
            context.catalogs,
            process_flow,
            base=parse_if_match(if_match),
            acknowledgement_timeout_seconds=context.acknowledgement_timeout_seconds,
        )
    context.courier.enqueue(outbox.pop_deliveries(session))
    response.headers["Location"] = finished.path
    links = {"self": finished.path, "result": finished.path}
    return FinishedProcessFlowView(id=process_flow, process_flow=process_flow, result=finished.id, links=links)


@router.post("/{process_flow}/renew")
async def renew_process_flow(
    process_flow: ProcessFlowPath, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """Move a draft to the configuration in force; what must be entered again shows as a fault of its panel."""
    async with transaction(context.sessions) as session:
        draft = await drafts.renew_configuration(session, scope, context.catalogs, process_flow)
        view = await queries.build_view(session, scope, context.catalogs, draft)
    return _set_etag(response, view)


@router.post("/{process_flow}/cancel")
async def cancel_process_flow(
    process_flow: ProcessFlowPath, body: ReasonRequest, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """Give a draft up."""
    async with transaction(context.sessions) as session:
        row = await drafts.cancel_process_flow(session, scope, process_flow, body.reason)
        view = await queries.build_view(
            session, scope, context.catalogs, await drafts.build_draft(session, context.catalogs, row)
        )
    return _set_etag(response, view)


def _set_etag(response: Response, view: ProcessFlowView) -> ProcessFlowView:
    response.headers["ETag"] = f'"{view.version}"'
    return view
