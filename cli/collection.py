"""What the command does with one kind of thing that the API keeps: list many, show one, do something with one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli import lists
from cli.client import running_api
from cli.messages import say, say_json


@dataclass(frozen=True, slots=True)
class Collection:
    """One kind of thing, in `words`: its commands are `gridenroll <name> …`, its doors `/v1/<door>`. What can be done
    with one is a command of the same name, but for those in `commands`."""

    words: str
    name: str
    door: str
    columns: lists.Columns
    facts: lists.Columns
    commands: Mapping[str, str] = field(default_factory=dict[str, str])

    def listed(
        self, data_dir: Path | None, wanted: Mapping[str, Any], limit: int, *, everything: bool, as_json: bool
    ) -> None:
        """As many as are wanted, or that there are none."""
        found = lists.pages(running_api(data_dir), f"/v1/{self.door}", wanted, limit, everything=everything)
        lists.show(found, self.columns, empty=f"There are no such {self.words}.", as_json=as_json)

    def shown(
        self,
        data_dir: Path | None,
        of: str,
        *,
        as_json: bool,
        head: Sequence[str] = ("id", "state"),
        more: Callable[[lists.Document], None] | None = None,
    ) -> None:
        """One with all that is known of it: a line of `head`, facts, `more`, what is next and what can be done."""
        seen = running_api(data_dir).ask("GET", f"/v1/{self.door}/{of}")
        if as_json:
            say_json(seen)
            return
        say("  ".join(seen[name] for name in head))
        lists.facts(seen, self.facts)
        if more is not None:
            more(seen)
        lists.findings(seen)
        if seen.get("timeline"):
            lists.timeline(seen["timeline"])
        if seen.get("next_step"):
            say(f"Next: {seen['next_step']}")
        if seen["available_actions"]:
            say(f"Possible: {', '.join(map(self.command, seen['available_actions']))}")
        if "temporal_ui" in seen["links"]:
            say(f"Temporal UI: {seen['links']['temporal_ui']}")

    def command(self, action: str) -> str:
        """The command that does what the API names so."""
        return self.commands.get(action, action)

    def do(self, data_dir: Path | None, of: str, action: str, body: Any = None, *, as_json: bool) -> None:
        """Does it, and tells how the thing stands then."""
        self.told(running_api(data_dir).ask("POST", f"/v1/{self.door}/{of}/{action}", body=body), as_json=as_json)

    def told(self, standing: lists.Document, *, as_json: bool) -> None:
        """How it stands, and where one sees what becomes of it."""
        if as_json:
            say_json(standing)
            return
        say(f"{standing['id']}  {standing['state']}")
        say(f"See what becomes of it: gridenroll {self.name} show {standing['id']}")
