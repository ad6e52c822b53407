"""The context of one journey: the API and the DERMS simulator, and what the demo has to undo at the end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import httpx

from cli.client import ApiClient
from cli.output import fail

View = dict[str, Any]


def make_serial_number() -> str:
    """Returns a serial number that no device has."""
    return f"DEMO-{token_hex(5).upper()}"


@dataclass
class JourneyContext:
    """One journey. The demo calls everything in `undo` at the end, whatever happened."""

    api: ApiClient
    derms_url: str
    workflow_links: dict[str, str] = field(default_factory=dict[str, str])
    """The link to each workflow in the Temporal UI."""
    undo: list[Callable[[], object]] = field(default_factory=list[Callable[[], object]])

    def request_derms(self, method: str, path: str, body: Any = None) -> Any:
        """Returns the answer of an endpoint that only the simulator has; another DERMS ends the command."""
        try:
            answer = httpx.request(method, f"{self.derms_url}{path}", json=body, timeout=10).raise_for_status()
        except httpx.HTTPError as error:
            fail(
                f"This DERMS cannot be made to reject anything: {error}.", "Play this journey with the simulator only."
            )
        return answer.json()

    def add_workflow_link(self, what: str, answer: View) -> None:
        """Add the link to the workflow of an accepted request."""
        self.workflow_links[what] = answer["links"]["temporal_ui"]

    def undo_changes(self) -> None:
        """Undo every change."""
        while self.undo:
            self.undo.pop()()
