"""`gridenroll up`: the whole system on this machine, until Ctrl-C."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from models.messages.search_attributes import SEARCH_ATTRIBUTES
from stack.environment import Ports
from stack.plan import Command, StackOptions, build_plan
from stack.session import run_stack
from stack.terminal import Terminal, run_reporting_errors

UPGRADE_DATABASE = Command("Tables", ("db", "upgrade"))
LOAD_EXAMPLES = Command("Examples", ("examples", "load"))


def start_stack(
    data_dir: Annotated[Path, typer.Option(help="Folder for all data, logs and secrets.", readable=False)] = Path(
        ".data"
    ),
    api_port: Annotated[int, typer.Option(help="Port of the API.")] = Ports.api,
    temporal_port: Annotated[int, typer.Option(help="Port of Temporal.")] = Ports.temporal,
    ui_port: Annotated[int, typer.Option(help="Port of the Temporal UI.")] = Ports.temporal_ui,
    derms_port: Annotated[int, typer.Option(help="Port of the DERMS simulator.")] = Ports.derms,
    head_end_port: Annotated[int, typer.Option(help="Port of the head-end simulator.")] = Ports.head_end,
) -> None:
    """Start PostgreSQL, Temporal with its UI, the simulators of DERMS and head-end, API and worker; Ctrl-C stops all.

    Set GRIDENROLL_DATABASE_URL and TEMPORAL_ADDRESS to use your own PostgreSQL and Temporal.
    """
    terminal = Terminal()
    ports = Ports(api=api_port, temporal=temporal_port, temporal_ui=ui_port, derms=derms_port, head_end=head_end_port)
    options = StackOptions(ports, SEARCH_ATTRIBUTES, before_api=[UPGRADE_DATABASE], after_all=[LOAD_EXAMPLES])
    raise typer.Exit(
        run_reporting_errors(
            partial(
                run_stack, data_dir, partial(build_plan, options=options), terminal.print_line, terminal.print_welcome
            )
        )
    )
