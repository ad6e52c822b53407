"""What a person sees of a stack: a line for each step, the addresses, and errors."""

import contextlib
from collections.abc import Callable

from rich.console import Console

from stack.data.directory import DataDir
from stack.environment import Addresses
from stack.errors import StackError


class Terminal:
    """Prints lines. A terminal that was closed must not prevent an orderly stop of the stack, so errors are ignored."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def print_line(self, line: str, *, markup: bool = False) -> None:
        with contextlib.suppress(OSError):
            self._console.print(line, markup=markup)

    def print_welcome(self, data: DataDir, addresses: Addresses) -> None:
        self.print_line("\n[bold green]gridenroll is up.[/] Ctrl-C stops it; the data stay.\n", markup=True)
        self.print_line(_format_addresses(data, addresses))
        self.print_line(_format_first_steps(addresses))


def run_reporting_errors(run: Callable[[], None]) -> int:
    """Runs a stack and returns the exit code; prints the error if it failed."""
    try:
        run()
    except StackError as error:
        _print_error(error)
        return 1
    return 0


def _print_error(error: StackError) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with contextlib.suppress(OSError):
        console.print(error.what, style="bold red", markup=False)
        if error.details:
            console.print(error.details, style="dim", markup=False)
        console.print(error.remedy, markup=False)


def _format_addresses(data: DataDir, addresses: Addresses) -> str:
    places = {
        "API": f"{addresses.api_url}/docs",
        "Temporal UI": addresses.temporal_ui_url,
        "DER search": addresses.derms_url,
        "head-end": addresses.head_end_url,
        "token": addresses.credentials.api_token,
        "logs": str(data.logs),
        "for scripts": str(data.stack),
    }
    return "".join(f"  {what:<12} {where}\n" for what, where in places.items())


def _format_first_steps(addresses: Addresses) -> str:
    authorization = f'-H "Authorization: Bearer {addresses.credentials.api_token}"'
    return f"Try:\n  make demo\n  curl {authorization} {addresses.api_url}/v1/programs\n"
