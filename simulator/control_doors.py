"""The simulator's own doors, for those who test against it: messages, faults, reference data. No fault strikes here."""

from starlette.requests import Request
from starlette.responses import Response

from simulator.answers import Json, Ready, as_object, problem
from simulator.contract import Document, Flaw
from simulator.machine import machine_of
from simulator.paging import BadPageError, page_of
from simulator.reference import Reference
from simulator.settlement import Forced


async def health(_: Request) -> Response:
    return Json({"status": "ok"})


async def list_messages(request: Request) -> Response:
    """In the order of arrival, with how often each came, was applied and was answered."""
    page = page_of(request)
    if page.cursor and not (page.cursor.isascii() and page.cursor.isdigit() and len(page.cursor) <= 18):
        raise BadPageError(Flaw("/cursor", "is not one that was given out"))
    found = machine_of(request).messages.page(int(page.cursor or 0), page.limit + 1)
    document = page.document(found, lambda item: str(item["number"]))
    for item in document["items"]:
        del item["number"]
    return Json(document)


async def list_deliveries(request: Request) -> Response:
    """Which messages came in one call, the latest calls last."""
    return Json({"items": machine_of(request).deliveries.noted()})


async def acknowledge(request: Request) -> Response:
    """Has an acknowledgement sent by callback now; the body may dictate its result."""
    machine = machine_of(request)
    body = await request.body()
    forced = Forced.model_validate(as_object(body)) if body.strip() else None
    taken = machine.messages.find(request.path_params["message_id"])
    if taken is None:
        return problem(404, "not-found", "No such message was taken.")
    acknowledgement = machine.intake.force(taken, forced)
    machine.courier.carry([taken.message_id])
    return Ready(acknowledgement)


async def show_faults(request: Request) -> Response:
    return Json(machine_of(request).faults.shown().model_dump())


async def change_faults(request: Request) -> Response:
    """Changes what the body names, and nothing else."""
    return Json(machine_of(request).faults.change(as_object(await request.body())).model_dump())


async def reset_faults(request: Request) -> Response:
    return Json(machine_of(request).faults.reset().model_dump())


async def show_reference(request: Request) -> Response:
    return Json(_shown(machine_of(request).reference.current))


async def replace_reference(request: Request) -> Response:
    """Replaces all of it: what the body leaves out is `*` again."""
    reference = Reference.model_validate_json(await request.body())
    machine_of(request).reference.replace(reference)
    return Json(_shown(reference))


def _shown(reference: Reference) -> Document:
    known = reference.model_dump(mode="json")
    return {kind: codes if codes == "*" else sorted(codes) for kind, codes in known.items()}
