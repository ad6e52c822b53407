"""Settles a message: decides on each device, changes the DERs, and writes the acknowledgement down, all at once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from simulator.contract import Document
from simulator.decision import Case, Refusal, Verdict, unopposed, verdict
from simulator.messages import Callback, Messages, Taken
from simulator.reference import ReferenceData
from simulator.resources import Resources

_MOST_REFERENCES = 50
_LONGEST_TEXT = 2000


class Forced(BaseModel):
    """A result somebody dictates, whatever the checks would say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    result: Literal["positive", "negative"]
    code: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9._-]*$")
    text: str = Field(default="", max_length=_LONGEST_TEXT)

    def verdicts(self, message: Document) -> list[Verdict]:
        if self.result == "positive":
            return [unopposed(device) for device in message["devices"]]
        refusal = Refusal(self.code or "REFUSED", self.text or "Refused by hand.")
        return [Verdict(device, "failed", refusal) for device in message["devices"]]


@dataclass(frozen=True, slots=True)
class Settlement:
    """Its one public step runs inside the caller's transaction."""

    messages: Messages
    resources: Resources
    reference: ReferenceData

    def settle(self, taken: Taken, message: Document, callback: Callback, forced: Forced | None = None) -> bytes:
        """The acknowledgement, in the store already. What was applied once is never applied again, nor undone."""
        verdicts = forced.verdicts(message) if forced else self._verdicts(message)
        done_before = taken.acknowledgement is not None and self.messages.was_applied(taken.message_id)
        references = {} if done_before else self._apply(message, verdicts)
        acknowledgement = orjson.dumps(_acknowledgement(message, verdicts, references, forced))
        self.messages.acknowledge(
            taken.message_id, acknowledgement, callback, applied=not done_before and _changes(verdicts)
        )
        return acknowledgement

    def _verdicts(self, message: Document) -> list[Verdict]:
        known = self.reference.current
        return [verdict(Case(message, device, known, self.resources)) for device in message["devices"]]

    def _apply(self, message: Document, verdicts: Sequence[Verdict]) -> dict[str, str]:
        """Changes the DERs; gives the DER id of each device that has one."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        ders: dict[str, str] = {}
        for one in verdicts:
            der = None
            if one.registration == "registered":
                der = self.resources.enrol(message, one.device, at)
            elif one.registration == "deregistered":
                der = self.resources.remove(message, one.device, at)
            if der is not None:
                ders[one.device["device_id"]] = der
        if _changes(verdicts):
            self.resources.note_applied(message)
        return ders


def _changes(verdicts: Sequence[Verdict]) -> bool:
    return any(one.registration != "failed" for one in verdicts)


def _acknowledgement(
    message: Document, verdicts: Sequence[Verdict], ders: dict[str, str], forced: Forced | None
) -> Document:
    refused = next((one.refusal for one in verdicts if one.refusal), None)
    code = refused.code if refused else forced.code if forced else ""
    text = refused.text if refused else forced.text if forced else ""
    references = [("resource", next(iter(ders.values()))), *ders.items()] if ders else []
    return {
        "message_id": f"ack_{uuid.uuid4().hex}",
        "sync_request_id": message["sync_request_id"],
        "version": message["version"],
        "result": "negative" if refused else "positive",
        "code": code,
        "text": text[:_LONGEST_TEXT],
        "references": dict(references[:_MOST_REFERENCES]),
        "devices": [_device(one) for one in verdicts],
    }


def _device(one: Verdict) -> Document:
    return {
        "device_id": one.device["device_id"],
        "registration": one.registration,
        "message": f"{one.refusal.code}: {one.refusal.text}"[:_LONGEST_TEXT] if one.refusal else "",
    }
