"""Whether the panels of a service task type can make the request they are for."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from models.catalog.catalog import Catalog
from models.catalog.panels import SUMMARY, All, AnyOf, Condition, Equals, In
from models.catalog.service_tasks import ServiceTaskType
from models.errors import Pointer
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


def find_panel_errors(catalog: Catalog) -> Iterator[Pointer]:
    """Codes twice, conditions that look ahead, bindings that lead nowhere; each with its path in the catalogue."""
    for position, task in enumerate(catalog.service_task_types):
        yield from _task_errors(f"/service_task_types/{position}/panels", task)


def _task_errors(place: str, task: ServiceTaskType) -> Iterator[Pointer]:
    request = REQUEST_BY_PROCESS_FLOW[task.process_flow]
    panels: set[str] = {SUMMARY}
    before: set[str] = set()
    for number, panel in enumerate(task.panels):
        here = f"{place}/{number}"
        if panel.code in panels:
            yield Pointer(f"{here}/code", f"{panel.code} is taken; codes of panels are unique, summary is ours")
        panels.add(panel.code)
        yield from _forward_references(f"{here}/visible_when", panel.visible_when, before)
        for index, spec in enumerate(panel.fields):
            path = f"{panel.code}/{spec.code}"
            if path in before:
                yield Pointer(f"{here}/fields/{index}/code", f"{spec.code} is there already; codes are unique")
            yield from _forward_references(f"{here}/fields/{index}/visible_when", spec.visible_when, before)
            before.add(path)
            where = f"{here}/fields/{index}/binds_to"
            if get_bound_type(request, spec.binds_to) is None:
                yield Pointer(where, f"the request to {task.process_flow} has no {spec.binds_to}")
            elif spec.binds_to not in _ALLOWED_BINDINGS.get(spec.kind, (spec.binds_to,)):
                yield Pointer(
                    where, f"a field of kind {spec.kind} leads to {' or '.join(_ALLOWED_BINDINGS[spec.kind])}"
                )


def _forward_references(place: str, condition: Condition | None, before: set[str]) -> Iterator[Pointer]:
    for path in _referenced_fields(condition):
        if path not in before:
            yield Pointer(place, f"{path} is no field before this one")


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
