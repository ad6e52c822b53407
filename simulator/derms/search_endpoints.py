"""The endpoints that search and show DERs, as JSON for programs and as pages for people."""

from starlette.requests import Request
from starlette.responses import Response

from simulator.derms import pages
from simulator.derms.grid_model.resources import parse_der_id
from simulator.derms.simulator import get_simulator
from simulator.shared.contract import Document
from simulator.shared.layout import build_html_response
from simulator.shared.paging import InvalidPageError, parse_page
from simulator.shared.responses import JsonResponse, build_problem

_AFTER_NEWEST = 2**62


async def list_ders(request: Request) -> Response:
    return JsonResponse(_search(request))


async def get_der(request: Request) -> Response:
    der = _find_der(request)
    return build_problem(404, "not-found", "There is no such DER.") if der is None else JsonResponse(der)


async def show_search_page(request: Request) -> Response:
    simulator = get_simulator(request)
    status = pages.SimulatorStatus(
        ders=simulator.search.count_by_state(),
        messages=simulator.messages.count_by_status(),
        faults=simulator.faults.describe().model_dump(),
    )
    query = request.query_params.get("q", "")
    return build_html_response(pages.render_search_page(query, _search(request), status))


async def show_der_page(request: Request) -> Response:
    der = _find_der(request)
    if der is None:
        return build_html_response(pages.render_not_found_page(), 404)
    return build_html_response(pages.render_der_page(der))


def _search(request: Request) -> Document:
    page = parse_page(request)
    before = parse_der_id(page.cursor) if page.cursor else _AFTER_NEWEST
    if before is None:
        raise InvalidPageError.for_cursor()
    found = get_simulator(request).search.search(request.query_params.get("q", ""), before, page.limit + 1)
    return page.to_document(found, lambda der: der["id"])


def _find_der(request: Request) -> Document | None:
    number = parse_der_id(request.path_params["der_id"])
    return None if number is None else get_simulator(request).search.get(number)
