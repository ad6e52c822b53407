"""What the command does with one kind of thing that the API keeps: list many, show one, do something with one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli import tables
from cli.client import connect_to_api
from cli.output import print_json, print_line


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of thing, in `words`: its commands are `gridenroll <name> …`, its doors `/v1/<door>`. What can be done
    with one is a command of the same name, but for those in `commands`."""

    plural: str
    name: str
    path: str
    columns: tables.Columns
    facts: tables.Columns
    commands: Mapping[str, str] = field(default_factory=dict[str, str])

    def list_all(
        self, data_dir: Path | None, wanted: Mapping[str, Any], limit: int, *, everything: bool, as_json: bool
    ) -> None:
        """As many as are wanted, or that there are none."""
        found = tables.fetch_pages(connect_to_api(data_dir), f"/v1/{self.path}", wanted, limit, everything=everything)
        tables.print_list(found, self.columns, empty=f"There are no such {self.plural}.", as_json=as_json)

    def show(
        self,
        data_dir: Path | None,
        of: str,
        *,
        as_json: bool,
        head: Sequence[str] = ("id", "state"),
        more: Callable[[tables.Document], None] | None = None,
    ) -> None:
        """One with all that is known of it: a line of `head`, facts, `more`, what is next and what can be done."""
        seen = connect_to_api(data_dir).request("GET", f"/v1/{self.path}/{of}")
        if as_json:
            print_json(seen)
            return
        print_line("  ".join(seen[name] for name in head))
        tables.print_fields(seen, self.facts)
        if more is not None:
            more(seen)
        tables.print_findings(seen)
        if seen.get("timeline"):
            tables.print_timeline(seen["timeline"])
        if seen.get("next_step"):
            print_line(f"Next: {seen['next_step']}")
        if seen["available_actions"]:
            print_line(f"Possible: {', '.join(map(self.get_command, seen['available_actions']))}")
        if "temporal_ui" in seen["links"]:
            print_line(f"Temporal UI: {seen['links']['temporal_ui']}")

    def get_command(self, action: str) -> str:
        """The command that does what the API names so."""
        return self.commands.get(action, action)

    def act(self, data_dir: Path | None, of: str, action: str, body: Any = None, *, as_json: bool) -> None:
        """Does it, and tells how the thing stands then."""
        self.print_status(
            connect_to_api(data_dir).request("POST", f"/v1/{self.path}/{of}/{action}", body=body), as_json=as_json
        )

    def print_status(self, standing: tables.Document, *, as_json: bool) -> None:
        """How it stands, and where one sees what becomes of it."""
        if as_json:
            print_json(standing)
            return
        print_line(f"{standing['id']}  {standing['state']}")
        print_line(f"See what becomes of it: gridenroll {self.name} show {standing['id']}")
