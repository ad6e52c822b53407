"""The simulator's own doors, for those who test against it: messages, faults, reference data. No fault strikes here."""

from starlette.requests import Request
from starlette.responses import Response

from simulator.derms.grid_model.processing import ForcedResult
from simulator.derms.grid_model.reference import Reference
from simulator.derms.simulator import get_simulator
from simulator.shared.contract import Document, Violation
from simulator.shared.paging import InvalidPageError, parse_page
from simulator.shared.responses import JsonResponse, RawJsonResponse, build_problem, parse_object


async def get_health(_: Request) -> Response:
    return JsonResponse({"status": "ok"})


async def list_messages(request: Request) -> Response:
    """In the order of arrival, with how often each came, was applied and was answered."""
    page = parse_page(request)
    if page.cursor and not (page.cursor.isascii() and page.cursor.isdigit() and len(page.cursor) <= 18):
        raise InvalidPageError(Violation("/cursor", "is not one that was given out"))
    found = get_simulator(request).messages.list_page(int(page.cursor or 0), page.limit + 1)
    document = page.to_document(found, lambda item: str(item["number"]))
    for item in document["items"]:
        del item["number"]
    return JsonResponse(document)


async def list_deliveries(request: Request) -> Response:
    """Which messages came in one call, the latest calls last."""
    return JsonResponse({"items": get_simulator(request).deliveries.list_deliveries()})


async def force_acknowledgement(request: Request) -> Response:
    """Has an acknowledgement sent by callback now; the body may dictate its result."""
    machine = get_simulator(request)
    body = await request.body()
    forced = ForcedResult.model_validate(parse_object(body)) if body.strip() else None
    taken = machine.messages.find(request.path_params["message_id"])
    if taken is None:
        return build_problem(404, "not-found", "No such message was taken.")
    acknowledgement = machine.inbox.force_acknowledgement(taken, forced)
    machine.callbacks.enqueue([taken.message_id])
    return RawJsonResponse(acknowledgement)


async def get_faults(request: Request) -> Response:
    return JsonResponse(get_simulator(request).faults.describe().model_dump())


async def change_faults(request: Request) -> Response:
    """Changes what the body names, and nothing else."""
    return JsonResponse(get_simulator(request).faults.change(parse_object(await request.body())).model_dump())


async def reset_faults(request: Request) -> Response:
    return JsonResponse(get_simulator(request).faults.reset().model_dump())


async def get_reference(request: Request) -> Response:
    return JsonResponse(_to_document(get_simulator(request).reference.current))


async def replace_reference(request: Request) -> Response:
    """Replaces all of it: what the body leaves out is `*` again."""
    reference = Reference.model_validate_json(await request.body())
    get_simulator(request).reference.replace(reference)
    return JsonResponse(_to_document(reference))


def _to_document(reference: Reference) -> Document:
    known = reference.model_dump(mode="json")
    return {kind: codes if codes == "*" else sorted(codes) for kind, codes in known.items()}
