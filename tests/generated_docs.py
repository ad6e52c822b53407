"""Generate the parts of docs/ that come from the code, each between `<!-- generated: name -->` and `<!-- end -->`.

Run `python tests/generated_docs.py` to update them; tests/unit/documentation/test_generated_parts.py fails when one is
outdated.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import click
import typer.main
from pydantic import BaseModel, SecretStr, TypeAdapter
from pydantic_settings import BaseSettings

from cli.main import app
from models.batches import BATCHES
from models.catalog import panels
from models.states import enrollment, work_order
from models.states.batch_run import BATCH_RUN_TRANSITIONS
from models.states.device import DEVICE_TRANSITIONS
from models.states.head_end import HEAD_END_REQUEST_TRANSITIONS
from models.states.outbox import OUTBOX_TRANSITIONS
from models.states.process_flow import PROCESS_FLOW_TRANSITIONS
from models.states.service_call import SERVICE_CALL_TRANSITIONS
from models.states.shipment import SHIPMENT_TRANSITIONS
from models.states.subscription import REGISTRATION_TRANSITIONS, SUBSCRIPTION_TRANSITIONS
from models.states.sync_request import SYNC_TRANSITIONS
from models.states.unenrollment import UNENROLLMENT_TRANSITIONS
from settings.settings import Settings
from simulator.derms.settings import Settings as SimulatorSettings
from simulator.head_end.settings import Settings as HeadEndSettings
from tests.workflow_costs import WORKFLOW_COSTS

DOCS = Path(__file__).resolve().parent.parent / "docs"
PART_PATTERN = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
MOST_ARROWS = 5
"""A state with at least this many incoming arrows is described in words, because its arrows would hide the others."""


def draw_transitions(table: Mapping[Any, frozenset[Any]]) -> str:
    """Return a transition table as a Mermaid state diagram, with its most connected states described in words."""
    crowded = {state for state in table if sum(state in after for after in table.values()) >= MOST_ARROWS}
    wide = {state for state, after in table.items() if len(after - crowded) >= MOST_ARROWS and state in crowded}
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(table))}"]
    for state, after in table.items():
        shown = [] if state in wide else [other for other in table if other in after - crowded]
        lines += [f"    {state} --> {other}" for other in shown]
        if not after and state not in crowded:
            lines.append(f"    {state} --> [*]")
    lines.append("```")
    return "\n".join([*lines, *_describe_transitions(table, crowded, wide)])


def _describe_transitions(table: Mapping[Any, frozenset[Any]], crowded: set[Any], wide: set[Any]) -> Iterator[str]:
    for state in (one for one in table if one in crowded):
        sources = _join_names([other for other, after in table.items() if state in after])
        yield f"\n`{state}` follows from {sources}" + (", and is final." if not table[state] else ".")
    for state in (one for one in table if one in wide):
        yield f"\nFrom `{state}` follows {_join_names([other for other in table if other in table[state]])}."


def _join_names(some: list[StrEnum]) -> str:
    quoted = [f"`{one}`" for one in some]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def list_settings(settings: type[BaseSettings]) -> str:
    """Return a table of every setting: its variable, its default in the form of a variable, its meaning."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in settings.model_fields.items():
        variable = f"{settings.model_config.get('env_prefix')}{name}".upper()
        rows.append(f"| `{variable}` | {_format_default(field.default)} | {field.description} |")
    return "\n".join(rows)


def _format_default(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, timedelta):
        value = TypeAdapter(timedelta).dump_python(value, mode="json")
    return "none" if value in ("", None) else f"`{value}`"


def describe_commands() -> str:
    """Return every command with its arguments and options, as its help describes them."""
    return "\n\n".join(_list_commands("gridenroll", typer.main.get_command(app)))


def _list_commands(name: str, command: click.Command) -> Iterator[str]:
    inner: Mapping[str, click.Command] = getattr(command, "commands", {})
    if not inner:
        yield f"## {name}\n\n{_split_paragraphs(command.help)}" + _describe_parameters(command)
    for word, each in inner.items():
        yield from _list_commands(f"{name} {word}", each)


def _split_paragraphs(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n"))


def _describe_parameters(command: click.Command) -> str:
    rows = [_describe_parameter(one) for one in command.params if one.name != "help"]
    return "\n\n| parameter | default | meaning |\n|---|---|---|\n" + "\n".join(rows) if rows else ""


def _describe_parameter(one: Any) -> str:
    is_option = isinstance(one, click.Option) or one.opts[0][0] == "-"
    names = ", ".join(one.opts) if is_option else (one.metavar or one.opts[0]).upper()
    default = "" if one.default in (None, False) else f"`{one.default}`"
    return f"| `{names}` | {default or ('required' if one.required else '')} | {one.help} |"


def list_batches() -> str:
    """Return a table of the batches and their schedules."""
    rows = [
        f"| `{name}` | {batch.description} | {batch.schedule.interval} | {batch.schedule.offset} "
        f"| {batch.schedule.catchup_window} |"
        for name, batch in BATCHES.items()
    ]
    head = ["| batch | what it does | runs every | offset from midnight UTC | a missed run is caught up within |"]
    return "\n".join([*head, "|---|---|---|---|---|", *rows])


def list_workflow_costs() -> str:
    """Return a table of what each workflow may cost at most."""
    rows = [f"| {workflow} | {cost.transitions} | {cost.events} |" for workflow, cost in WORKFLOW_COSTS.items()]
    return "\n".join(["| workflow | state transitions | history events |", "|---|---|---|", *rows])


def list_panel_fields() -> str:
    """Return a table of the kinds of panel fields and the properties that only they have."""
    common = set(panels.TextField.model_fields) & set(panels.DateField.model_fields)
    kinds: tuple[type[BaseModel], ...] = get_args(get_args(panels.FieldSpec)[0])
    rows = ["| `kind` | what it asks for | additional properties |", "|---|---|---|"]
    for kind in kinds:
        fields = kind.model_fields
        (name,) = get_args(fields["kind"].annotation)
        own = ", ".join(_own_properties(word, fields[word].default) for word in fields if word not in common)
        asks_for = " ".join((kind.__doc__ or "").split())
        rows.append(f"| `{name}` | {asks_for} | {own} |")
    return "\n".join(rows)


def _own_properties(word: str, default: object) -> str:
    return f"`{word}`" if default in (None, ()) else f"`{word}` (default {default})"


PART_GENERATORS: Mapping[str, Callable[[], str]] = {
    "enrollment-states": lambda: draw_transitions(enrollment.ENROLLMENT_TRANSITIONS),
    "subscription-states": lambda: draw_transitions(SUBSCRIPTION_TRANSITIONS),
    "device-states": lambda: draw_transitions(DEVICE_TRANSITIONS),
    "registration-states": lambda: draw_transitions(REGISTRATION_TRANSITIONS),
    "sync-states": lambda: draw_transitions(SYNC_TRANSITIONS),
    "outbox-states": lambda: draw_transitions(OUTBOX_TRANSITIONS),
    "shipment-states": lambda: draw_transitions(SHIPMENT_TRANSITIONS),
    "head-end-request-states": lambda: draw_transitions(HEAD_END_REQUEST_TRANSITIONS),
    "work-order-states": lambda: draw_transitions(work_order.WORK_ORDER_TRANSITIONS),
    "service-call-states": lambda: draw_transitions(SERVICE_CALL_TRANSITIONS),
    "unenrollment-states": lambda: draw_transitions(UNENROLLMENT_TRANSITIONS),
    "process-flow-states": lambda: draw_transitions(PROCESS_FLOW_TRANSITIONS),
    "panel-fields": list_panel_fields,
    "batch-run-states": lambda: draw_transitions(BATCH_RUN_TRANSITIONS),
    "batches": list_batches,
    "workflow-costs": list_workflow_costs,
    "settings": lambda: list_settings(Settings),
    "simulator-settings": lambda: list_settings(SimulatorSettings),
    "head-end-settings": lambda: list_settings(HeadEndSettings),
    "command-line": describe_commands,
}


def generate_pages() -> Iterator[tuple[Path, str, str]]:
    """Yield each page with generated parts: its path, its current text, and what the text should be."""
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if PART_PATTERN.search(text):
            yield path, text, PART_PATTERN.sub(lambda part: f"{part[1]}{PART_GENERATORS[part[2]]()}\n{part[3]}", text)


def main() -> int:
    for path, text, current in generate_pages():
        if text != current:
            path.write_text(current, encoding="utf-8")
            print(f"updated: {path.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
