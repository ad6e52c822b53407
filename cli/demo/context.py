"""What a journey is played in: the doors, and what those who play have to remember."""

from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import httpx

from cli.client import ApiClient
from cli.output import fail

View = dict[str, Any]


def make_serial_number() -> str:
    """One that no device has."""
    return f"DEMO-{token_hex(5).upper()}"


@dataclass
class JourneyContext:
    """One journey being played. `undo` is done at the end, whatever happened."""

    api: ApiClient
    derms_url: str
    workflow_links: dict[str, str] = field(default_factory=dict[str, str])
    """Where each flow is seen in the Temporal UI."""
    undo: list[Callable[[], object]] = field(default_factory=list[Callable[[], object]])

    def request_derms(self, method: str, path: str, body: Any = None) -> Any:
        """Asks the simulator at a door that only it has; ends the command if there is none."""
        try:
            answer = httpx.request(method, f"{self.derms_url}{path}", json=body, timeout=10).raise_for_status()
        except httpx.HTTPError as error:
            fail(f"The DERMS cannot be made to refuse anything: {error}.", "Play this journey with the simulator only.")
        return answer.json()

    def add_workflow_link(self, what: str, answer: View) -> None:
        """Notes the flow of a request that was taken."""
        self.workflow_links[what] = answer["links"]["temporal_ui"]

    def undo_changes(self) -> None:
        """Leaves everything as it was."""
        while self.undo:
            self.undo.pop()()
