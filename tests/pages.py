"""The parts of docs/ that are drawn from the code; a part stands between `<!-- drawn: name -->` and `<!-- end -->`.

`python tests/pages.py` draws them anew, tests/unit/test_docs_drawn.py says when that is due.
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
from models import panels, states, task_states
from models.batches import BATCHES
from settings.settings import Settings
from simulator.head_end.settings import Settings as HeadEndSettings
from simulator.settings import Settings as SimulatorSettings
from tests.costs import COSTS

DOCS = Path(__file__).resolve().parent.parent / "docs"
PART = re.compile(r"(<!-- drawn: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
CROWD = 5
"""A state that is reached from as many others is told in words: its arrows would hide all the rest."""


def picture(table: Mapping[Any, frozenset[Any]]) -> str:
    """A transition table as a Mermaid state diagram, what would be a tangle of arrows in words below it."""
    crowded = {state for state in table if sum(state in after for after in table.values()) >= CROWD}
    wide = {state for state, after in table.items() if len(after - crowded) >= CROWD and state in crowded}
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(table))}"]
    for state, after in table.items():
        shown = [] if state in wide else [other for other in table if other in after - crowded]
        lines += [f"    {state} --> {other}" for other in shown]
        if not after and state not in crowded:
            lines.append(f"    {state} --> [*]")
    lines.append("```")
    return "\n".join([*lines, *_in_words(table, crowded, wide)])


def _in_words(table: Mapping[Any, frozenset[Any]], crowded: set[Any], wide: set[Any]) -> Iterator[str]:
    for state in (one for one in table if one in crowded):
        sources = _names([other for other, after in table.items() if state in after])
        yield f"\n`{state}` follows from {sources}" + (", and is final." if not table[state] else ".")
    for state in (one for one in table if one in wide):
        yield f"\nFrom `{state}` follows {_names([other for other in table if other in table[state]])}."


def _names(some: list[StrEnum]) -> str:
    quoted = [f"`{one}`" for one in some]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def variables(settings: type[BaseSettings]) -> str:
    """Every setting as a row: its variable, its default as one would set it, what it is."""
    rows = ["| variable | default | what |", "|---|---|---|"]
    for name, field in settings.model_fields.items():
        variable = f"{settings.model_config.get('env_prefix')}{name}".upper()
        rows.append(f"| `{variable}` | {_default(field.default)} | {field.description} |")
    return "\n".join(rows)


def _default(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, timedelta):
        value = TypeAdapter(timedelta).dump_python(value, mode="json")
    return "none" if value in ("", None) else f"`{value}`"


def command_line() -> str:
    """Every command with its arguments and options, as its help has them."""
    return "\n\n".join(_commands("gridenroll", typer.main.get_command(app)))


def _commands(name: str, command: click.Command) -> Iterator[str]:
    inner: Mapping[str, click.Command] = getattr(command, "commands", {})
    if not inner:
        yield f"## {name}\n\n{_paragraphs(command.help)}" + _parameters(command)
    for word, each in inner.items():
        yield from _commands(f"{name} {word}", each)


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n"))


def _parameters(command: click.Command) -> str:
    told = [_parameter(one) for one in command.params if one.name != "help"]
    return "\n\n| | default | what |\n|---|---|---|\n" + "\n".join(told) if told else ""


def _parameter(one: Any) -> str:
    spelt = ", ".join(one.opts) if isinstance(one, click.Option) or one.opts[0][0] == "-" else one.opts[0].upper()
    default = "" if one.default in (None, False) else f"`{one.default}`"
    return f"| `{spelt}` | {default or ('required' if one.required else '')} | {one.help} |"


def batches() -> str:
    """A table of the batches and their rhythm."""
    rows = [
        f"| `{name}` | {batch.description} | {batch.rhythm.every} | {batch.rhythm.offset} | {batch.rhythm.catchup} |"
        for name, batch in BATCHES.items()
    ]
    head = ["| batch | what it does | runs every | after midnight UTC by | a missed run is made up for within |"]
    return "\n".join([*head, "|---|---|---|---|---|", *rows])


def flow_costs() -> str:
    """A table of what the flows cost at most."""
    rows = [f"| {flow} | {cost.transitions} | {cost.events} |" for flow, cost in COSTS.items()]
    return "\n".join(["| flow | state transitions | history events |", "|---|---|---|", *rows])


def panel_fields() -> str:
    """A table of the kinds of fields of a guided flow's panels, with what only they can be given."""
    common = set(panels.TextField.model_fields) & set(panels.DateField.model_fields)
    kinds: tuple[type[BaseModel], ...] = get_args(get_args(panels.FieldSpec)[0])
    rows = ["| `kind` | what it asks for | what it can be given besides |", "|---|---|---|"]
    for kind in kinds:
        fields = kind.model_fields
        (name,) = get_args(fields["kind"].annotation)
        own = ", ".join(_own(word, fields[word].default) for word in fields if word not in common)
        asks_for = " ".join((kind.__doc__ or "").split())
        rows.append(f"| `{name}` | {asks_for} | {own} |")
    return "\n".join(rows)


def _own(word: str, default: object) -> str:
    return f"`{word}`" if default in (None, ()) else f"`{word}` ({default} if none is named)"


PARTS: Mapping[str, Callable[[], str]] = {
    "enrollment-states": lambda: picture(states.ENROLLMENT_TRANSITIONS),
    "subscription-states": lambda: picture(states.SUBSCRIPTION_TRANSITIONS),
    "device-states": lambda: picture(states.DEVICE_TRANSITIONS),
    "registration-states": lambda: picture(states.REGISTRATION_TRANSITIONS),
    "sync-states": lambda: picture(states.SYNC_TRANSITIONS),
    "outbox-states": lambda: picture(states.OUTBOX_TRANSITIONS),
    "shipment-states": lambda: picture(task_states.SHIPMENT_TRANSITIONS),
    "head-end-request-states": lambda: picture(task_states.HEAD_END_REQUEST_TRANSITIONS),
    "work-order-states": lambda: picture(task_states.WORK_ORDER_TRANSITIONS),
    "service-call-states": lambda: picture(task_states.SERVICE_CALL_TRANSITIONS),
    "unenrollment-states": lambda: picture(task_states.UNENROLLMENT_TRANSITIONS),
    "process-flow-states": lambda: picture(task_states.PROCESS_FLOW_TRANSITIONS),
    "panel-fields": panel_fields,
    "batch-run-states": lambda: picture(task_states.BATCH_RUN_TRANSITIONS),
    "batches": batches,
    "flow-costs": flow_costs,
    "settings": lambda: variables(Settings),
    "simulator-settings": lambda: variables(SimulatorSettings),
    "head-end-settings": lambda: variables(HeadEndSettings),
    "command-line": command_line,
}


def pages() -> Iterator[tuple[Path, str, str]]:
    """Each page with drawn parts: where it is, what it holds, what it should hold."""
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if PART.search(text):
            yield path, text, PART.sub(lambda part: f"{part[1]}{PARTS[part[2]]()}\n{part[3]}", text)


def main() -> int:
    for path, text, current in pages():
        if text != current:
            path.write_text(current, encoding="utf-8")
            print(f"drawn anew: {path.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
