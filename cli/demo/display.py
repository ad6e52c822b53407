"""How the demo displays a journey: live on a terminal, or line by line elsewhere."""

from collections.abc import Iterable
from datetime import datetime

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli.demo.context import View
from cli.demo.customers import DemoCustomer
from cli.demo.journeys import Journey
from cli.demo.outcome import Outcome
from cli.output import err, out, print_line


def print_start(journey: Journey, customer: DemoCustomer) -> None:
    """Print the journey and its customer."""
    out.print(f"\n[bold]{escape(journey.title)}[/] [dim]({journey.program})[/]")
    print_line(f"  {customer.name}, account {customer.account}, service point {customer.service_point}")


def print_timeline(views: Iterable[View]) -> View:
    """Print each new entry of the timeline, and return the last view. There is always one."""
    return _print_live(views) if out.is_terminal else _print_lines(views)


def get_last_view(views: Iterable[View]) -> View:
    """Returns the last view."""
    *_, last = views
    return last


def _print_live(views: Iterable[View]) -> View:
    last: View = {}
    with Live(console=out, refresh_per_second=10, vertical_overflow="visible") as live:
        for view in views:
            last = view
            live.update(Group(_build_table(view), Spinner("dots", f" {escape(view['next_step'])}")), refresh=True)
        live.update(_build_table(last))
    return last


def _build_table(view: View) -> Table:
    table = Table.grid(padding=(0, 2))
    for at, what, reason in _format_entries(view):
        table.add_row(Text(f"  {at}", "dim"), what, Text(reason, "yellow"))
    return table


def _print_lines(views: Iterable[View]) -> View:
    printed, last = 0, {}
    for view in views:
        last = view
        entries = _format_entries(view)
        for at, what, reason in entries[printed:]:
            print_line(f"  {at}  {what}" + (f": {reason}" if reason else ""))
        printed = len(entries)
    return last


def _format_entries(view: View) -> list[tuple[str, str, str]]:
    return [(_format_time(one["at"]), one["what"], one["reason"]) for one in view["entries"]]


def _format_time(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone().strftime("%H:%M:%S.%f")[:-3]


def print_outcome(outcome: Outcome) -> None:
    """Print how the journey ended, why, and where to see it."""
    if outcome.as_expected:
        out.print(f"  [green]{outcome.end}[/]. Next: {escape(outcome.view['next_step'])}")
        for rule, reason, fix in outcome.reasons:
            print_line(f"    {rule}: {reason} {fix}")
    for what, where in outcome.links.items():
        print_line(f"  {what:<12} {where}")
    for number, line in enumerate(outcome.describe_failure()):
        err.print(f"  [red]{escape(line)}[/]" if number == 0 else f"    {escape(line)}")
