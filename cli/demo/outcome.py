"""The outcome of a journey: whether it ended as expected, and otherwise what went wrong and where to look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from cli.demo.context import View
from cli.demo.customers import DemoCustomer
from cli.demo.journeys import Journey
from cli.demo.runner import get_end


@dataclass(frozen=True)
class Outcome:
    """The outcome of one journey."""

    journey: Journey
    customer: DemoCustomer
    view: View
    derms_url: str
    workflow_links: Mapping[str, str] = field(default_factory=dict[str, str])
    """The links to the workflows of the following requests in the Temporal UI."""

    @property
    def end(self) -> str:
        """How it ended, or an empty text if it did not."""
        return get_end(self.view)

    @property
    def as_expected(self) -> bool:
        """Whether it ended as expected."""
        return self.end in self.journey.expected_ends

    @property
    def links(self) -> dict[str, str]:
        """The links to its workflow and to its resource in the DERMS."""
        links = {"Temporal UI": self.view["links"]["temporal_ui"], **self.workflow_links}
        if self.view["subscription"] and self.view["subscription"]["devices"]:
            serial = self.view["subscription"]["devices"][-1]["serial_number"]
            links["DER search"] = f"{self.derms_url}/?q={quote(serial)}"
        return links

    @property
    def reasons(self) -> list[tuple[str, str, str]]:
        """Each rule that failed or waits, why, and what would fix it."""
        decision: View = self.view["decision"] or {"findings": []}
        findings = [finding for finding in decision["findings"] if finding["verdict"] in ("failed", "wait")]
        return [(finding["rule"], finding["reason"], finding["fix"]) for finding in findings]

    def describe_failure(self) -> list[str]:
        """Returns what went wrong and where to look, or nothing if it ended as expected."""
        if self.as_expected:
            return []
        expected = " or ".join(sorted(self.journey.expected_ends))
        lines = [f"It should have ended {expected}, but {self._describe_actual_end()}."]
        lines += [f"{rule}: {reason} {fix}" for rule, reason, fix in self.reasons]
        for request in self.view["sync_requests"]:
            if request["state"] == "error":
                lines.append(f"The sync with the DERMS failed ({request['error_code']}): {request['error_text']}")
                lines.append(f"Correct it, then: POST /v1/sync-requests/{request['id']}/retry")
        return [*lines, *self._list_places_to_look()]

    def _describe_actual_end(self) -> str:
        if self.end:
            reason = f": {self.view['reason']}" if self.view["reason"] else ""
            return f"it is {self.end}{reason}"
        return f"it is still {self.view['state']} ({self.view['next_step']})"

    def _list_places_to_look(self) -> list[str]:
        return [
            f"See its workflow: {self.view['links']['temporal_ui']}",
            "See GET /readyz for the part that is not ready, and at worker.log and api.log in the data directory.",
        ]

    def to_document(self) -> dict[str, Any]:
        """Returns the outcome for scripts."""
        return {
            "journey": self.journey.key,
            "enrollment": self.view["id"],
            "end": self.end or "unfinished",
            "good": self.as_expected,
            "reasons": [{"rule": rule, "reason": reason, "fix": fix} for rule, reason, fix in self.reasons],
            "trouble": self.describe_failure(),
            "links": self.links,
            "timeline": self.view["timeline"],
        }
