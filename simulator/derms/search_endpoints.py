"""The DERs the DERMS holds, as JSON for programs and as pages for people."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from simulator.derms import pages
from simulator.derms.grid_model.resources import parse_der_id
from simulator.derms.simulator import DermsSimulator, get_simulator
from simulator.shared.contract import Document, Violation
from simulator.shared.layout import PAGE_HEADERS
from simulator.shared.paging import InvalidPageError, Page, parse_page
from simulator.shared.responses import JsonResponse, build_problem

_NEWEST = 2**62


async def list_ders(request: Request) -> Response:
    page = parse_page(request)
    return JsonResponse(_search(get_simulator(request), request, page))


async def get_der(request: Request) -> Response:
    der = _find_der(request)
    return build_problem(404, "not-found", "There is no such DER.") if der is None else JsonResponse(der)


async def show_search_page(request: Request) -> Response:
    machine = get_simulator(request)
    found = _search(machine, request, parse_page(request))
    standing = pages.SimulatorStatus(
        ders=machine.search.count_by_state(),
        messages=machine.messages.count_by_status(),
        faults=machine.faults.describe().model_dump(),
    )
    return _html_response(pages.render_search_page(request.query_params.get("q", ""), found, standing))


async def show_der_page(request: Request) -> Response:
    der = _find_der(request)
    return (
        _html_response(pages.render_not_found_page(), 404)
        if der is None
        else _html_response(pages.render_der_page(der))
    )


def _html_response(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers=PAGE_HEADERS)


def _search(machine: DermsSimulator, request: Request, page: Page) -> Document:
    before = parse_der_id(page.cursor) if page.cursor else _NEWEST
    if before is None:
        raise InvalidPageError(Violation("/cursor", "is not one that was given out"))
    found = machine.search.search(request.query_params.get("q", ""), before, page.limit + 1)
    return page.to_document(found, lambda der: der["id"])


def _find_der(request: Request) -> dict[str, Any] | None:
    number = parse_der_id(request.path_params["der_id"])
    return None if number is None else get_simulator(request).search.get(number)
