"""The DERs the DERMS holds, as JSON for programs and as pages for people."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from simulator import pages
from simulator.answers import Json, problem
from simulator.contract import Document, Flaw
from simulator.layout import PAGE_HEADERS
from simulator.machine import Machine, machine_of
from simulator.paging import BadPageError, Page, page_of
from simulator.resources import der_number

_NEWEST = 2**62


async def list_ders(request: Request) -> Response:
    page = page_of(request)
    return Json(_found(machine_of(request), request, page))


async def show_der(request: Request) -> Response:
    der = _named(request)
    return problem(404, "not-found", "There is no such DER.") if der is None else Json(der)


async def search_page(request: Request) -> Response:
    machine = machine_of(request)
    found = _found(machine, request, page_of(request))
    standing = pages.Standing(
        ders=machine.register.counts(),
        messages=machine.messages.counts(),
        faults=machine.faults.shown().model_dump(),
    )
    return _page(pages.search(request.query_params.get("q", ""), found, standing))


async def der_page(request: Request) -> Response:
    der = _named(request)
    return _page(pages.missing(), 404) if der is None else _page(pages.detail(der))


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers=PAGE_HEADERS)


def _found(machine: Machine, request: Request, page: Page) -> Document:
    before = der_number(page.cursor) if page.cursor else _NEWEST
    if before is None:
        raise BadPageError(Flaw("/cursor", "is not one that was given out"))
    found = machine.register.search(request.query_params.get("q", ""), before, page.limit + 1)
    return page.document(found, lambda der: der["id"])


def _named(request: Request) -> dict[str, Any] | None:
    number = der_number(request.path_params["der_id"])
    return None if number is None else machine_of(request).register.find(number)
