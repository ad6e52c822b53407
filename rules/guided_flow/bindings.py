"""Whether the panels of a service task type can make the request they are for."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from models.catalog.catalog import Catalog
from models.catalog.panels import SUMMARY, All, AnyOf, Condition, Equals, In
from models.catalog.service_tasks import ServiceTaskType
from rules.field_error import FieldError
from rules.guided_flow.requests import REQUEST_BY_PROCESS_FLOW

_ALLOWED_BINDINGS: dict[str, tuple[str, ...]] = {
    "date": ("/start_date", "/effective_date"),
    "device": ("/devices",),
    "address": ("/service_point",),
    "window": ("/work_order/window", "/work_request/window"),
    "terms": ("/terms",),
    "questions": ("/answers",),
}
"""Where fields lead that can lead nowhere else."""


def get_bound_type(request: type[BaseModel], binding: str) -> Any:
    """The type of the request's part that a JSON pointer leads to; None when there is no such part."""
    found: Any = request
    for name in binding.strip("/").split("/"):
        model = _find_model(found)
        if model is None or name not in model.model_fields:
            return None
        info = model.model_fields[name]
        found = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    return found


def _find_model(kind: Any) -> type[BaseModel] | None:
    if get_origin(kind) is Annotated:
        return _find_model(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return next((found for one in get_args(kind) if one is not NoneType and (found := _find_model(one))), None)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def find_panel_errors(catalog: Catalog) -> Iterator[FieldError]:
    """Returns repeated codes, conditions on later fields and bindings to nothing, each with its path in the catalog."""
    for position, task in enumerate(catalog.service_task_types):
        yield from _task_errors(f"/service_task_types/{position}/panels", task)


def _task_errors(place: str, task: ServiceTaskType) -> Iterator[FieldError]:
    request = REQUEST_BY_PROCESS_FLOW[task.process_flow]
    panels: set[str] = {SUMMARY}
    before: set[str] = set()
    for number, panel in enumerate(task.panels):
        here = f"{place}/{number}"
        if panel.code in panels:
            yield FieldError(f"{here}/code", "panel_code_taken", {"code": panel.code})
        panels.add(panel.code)
        yield from _forward_references(f"{here}/visible_when", panel.visible_when, before)
        for index, spec in enumerate(panel.fields):
            path = f"{panel.code}/{spec.code}"
            if path in before:
                yield FieldError(f"{here}/fields/{index}/code", "code_repeated", {"code": spec.code})
            yield from _forward_references(f"{here}/fields/{index}/visible_when", spec.visible_when, before)
            before.add(path)
            where = f"{here}/fields/{index}/binds_to"
            if get_bound_type(request, spec.binds_to) is None:
                yield FieldError(
                    where, "request_has_no_such_place", {"process_flow": task.process_flow, "binding": spec.binds_to}
                )
            elif spec.binds_to not in _ALLOWED_BINDINGS.get(spec.kind, (spec.binds_to,)):
                places = _ALLOWED_BINDINGS[spec.kind]
                yield FieldError(where, "field_binds_elsewhere", {"kind": spec.kind, "places": places})


def _forward_references(place: str, condition: Condition | None, before: set[str]) -> Iterator[FieldError]:
    for path in _referenced_fields(condition):
        if path not in before:
            yield FieldError(place, "no_earlier_field", {"field": path})


def _referenced_fields(condition: Condition | None) -> Iterator[str]:
    match condition:
        case None:
            return
        case Equals() | In():
            yield condition.field
        case All() | AnyOf():
            for one in condition.of:
                yield from _referenced_fields(one)
        case _:
            yield from _referenced_fields(condition.of)
