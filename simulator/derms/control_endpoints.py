"""The DERMS simulator's own endpoints for tests: messages, deliveries and reference data. No fault affects them."""

from starlette.requests import Request
from starlette.responses import Response

from simulator.derms.grid_model.reference import Reference
from simulator.derms.processing import ForcedResult
from simulator.derms.simulator import get_simulator
from simulator.shared.contract import Document
from simulator.shared.paging import InvalidPageError, parse_page
from simulator.shared.responses import JsonResponse, RawJsonResponse, build_problem, parse_object


async def list_messages(request: Request) -> Response:
    """Lists messages in the order of arrival, with how often each came, was applied and was answered."""
    page = parse_page(request)
    if page.cursor and not (page.cursor.isascii() and page.cursor.isdigit() and len(page.cursor) <= 18):
        raise InvalidPageError.for_cursor()
    found = get_simulator(request).messages.list_page(int(page.cursor or 0), page.limit + 1)
    document = page.to_document(found, lambda item: str(item["number"]))
    for item in document["items"]:
        del item["number"]
    return JsonResponse(document)


async def list_deliveries(request: Request) -> Response:
    """Lists which messages came in one call, the latest call last."""
    return JsonResponse({"items": get_simulator(request).deliveries.list_deliveries()})


async def force_acknowledgement(request: Request) -> Response:
    """Sends an acknowledgement by callback now; the body may force its result."""
    simulator = get_simulator(request)
    body = await request.body()
    forced = ForcedResult.model_validate(parse_object(body)) if body.strip() else None
    message = simulator.messages.find(request.path_params["message_id"])
    if message is None:
        return build_problem(404, "not-found", "The DERMS has not received this message.")
    return RawJsonResponse(simulator.inbox.force_acknowledgement(message, forced))


async def get_reference(request: Request) -> Response:
    return JsonResponse(_to_document(get_simulator(request).reference.current))


async def replace_reference(request: Request) -> Response:
    """Replaces all reference data: what the body leaves out is `*` again."""
    reference = Reference.model_validate_json(await request.body())
    get_simulator(request).reference.replace(reference)
    return JsonResponse(_to_document(reference))


def _to_document(reference: Reference) -> Document:
    known = reference.model_dump(mode="json")
    return {kind: codes if codes == "*" else sorted(codes) for kind, codes in known.items()}
