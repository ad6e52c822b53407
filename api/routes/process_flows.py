"""Process flows, the guided tasks: start one, save it panel by panel, finish it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import AsOperator
from api.bodies.process_flows import FinishedProcessFlowView, PanelRequest
from api.bodies.reason import ReasonRequest
from api.context import InContext
from api.parameters import (
    Cursor,
    CustomerFilter,
    IfMatch,
    Limit,
    PanelPath,
    ProcessFlowPath,
    StateFilter,
    parse_if_match,
)
from api.problem_responses import problem_responses
from models.requests.process_flow import ProcessFlowStart, ProcessFlowType
from models.states.process_flow import ProcessFlowState
from models.views.process_flow import ProcessFlowSummary, ProcessFlowView
from models.views.view import Page
from operations.guided_flow import begin, drafts, finish, queries
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/process-flows", tags=["process flows"])


@router.post("", status_code=201)
async def start_process_flow(
    body: ProcessFlowStart, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """Start a process flow for a customer."""
    async with transaction(context.sessions) as session:
        draft = await begin.begin_process_flow(session, scope, context.catalogs, body)
        view = await queries.build_view(session, scope, context.catalogs, draft)
    return _set_etag(response, view)


@router.get("")
async def list_process_flows(
    scope: AsOperator,
    context: InContext,
    customer: CustomerFilter = None,
    flow_type: Annotated[ProcessFlowType | None, Query(alias="type", description="Only those of this type.")] = None,
    state: Annotated[ProcessFlowState | None, StateFilter] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ProcessFlowSummary]:
    """Returns process flows, newest first: drafts to resume, and finished and canceled ones."""
    async with transaction(context.sessions) as session:
        return await queries.list_process_flows(
            session, scope, customer=customer, type_=flow_type, state=state, limit=limit, cursor=cursor
        )


@router.get("/{process_flow}", responses=problem_responses(404))
async def get_process_flow(
    process_flow: ProcessFlowPath, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """Returns one process flow with its panels, their values and what is still missing."""
    async with transaction(context.sessions) as session:
        view = await queries.get_process_flow(session, scope, context.catalogs, process_flow)
    return _set_etag(response, view)


@router.put("/{process_flow}/panels/{panel}", responses=problem_responses(404, 409))
async def save_process_flow_panel(
    process_flow: ProcessFlowPath,
    panel: PanelPath,
    body: PanelRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    if_match: IfMatch = None,
) -> ProcessFlowView:
    """Save a panel. The If-Match header keeps two people from overwriting each other."""
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


@router.post("/{process_flow}/finish", status_code=202, responses=problem_responses(404, 409))
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
        )
    context.deliver(session)
    response.headers["Location"] = finished.path
    links = {"self": finished.path, "result": finished.path}
    return FinishedProcessFlowView(id=process_flow, process_flow=process_flow, result=finished.id, links=links)


@router.post("/{process_flow}/renew", responses=problem_responses(404, 409))
async def renew_process_flow(
    process_flow: ProcessFlowPath, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """Move a draft to the catalog in force. What has to be entered again is an error of its panel."""
    async with transaction(context.sessions) as session:
        draft = await drafts.renew_configuration(session, scope, context.catalogs, process_flow)
        view = await queries.build_view(session, scope, context.catalogs, draft)
    return _set_etag(response, view)


@router.post("/{process_flow}/cancel", responses=problem_responses(404, 409))
async def cancel_process_flow(
    process_flow: ProcessFlowPath, body: ReasonRequest, response: Response, scope: AsOperator, context: InContext
) -> ProcessFlowView:
    """Cancel a draft."""
    async with transaction(context.sessions) as session:
        row = await drafts.cancel_process_flow(session, scope, process_flow, body.reason)
        draft = await drafts.build_draft(session, context.catalogs, row)
        view = await queries.build_view(session, scope, context.catalogs, draft)
    return _set_etag(response, view)


def _set_etag(response: Response, view: ProcessFlowView) -> ProcessFlowView:
    response.headers["ETag"] = f'"{view.version}"'
    return view
