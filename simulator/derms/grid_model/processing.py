"""Settles a message: decides on each device, changes the DERs, and writes the acknowledgement down, all at once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from simulator.derms.grid_model.decisions import DeviceCase, DeviceDecision, Refusal, accept_device, decide_device
from simulator.derms.grid_model.reference import ReferenceRepository
from simulator.derms.grid_model.resources import DerRepository
from simulator.derms.messages import CallbackState, MessageRepository, StoredMessage
from simulator.shared.contract import Document

_MAX_REFERENCES = 50
_MAX_TEXT_LENGTH = 2000


class ForcedResult(BaseModel):
    """A result somebody dictates, whatever the checks would say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    result: Literal["positive", "negative"]
    code: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9._-]*$")
    text: str = Field(default="", max_length=_MAX_TEXT_LENGTH)

    def decide(self, message: Document) -> list[DeviceDecision]:
        if self.result == "positive":
            return [accept_device(device) for device in message["devices"]]
        refusal = Refusal(self.code or "REFUSED", self.text or "Refused by hand.")
        return [DeviceDecision(device, "failed", refusal) for device in message["devices"]]


@dataclass(frozen=True, slots=True)
class MessageProcessor:
    """Its one public step runs inside the caller's transaction."""

    messages: MessageRepository
    resources: DerRepository
    reference: ReferenceRepository

    def process(
        self, taken: StoredMessage, message: Document, callback: CallbackState, forced: ForcedResult | None = None
    ) -> bytes:
        """The acknowledgement, in the store already. What was applied once is never applied again, nor undone."""
        verdicts = forced.decide(message) if forced else self._decide(message)
        done_before = taken.acknowledgement is not None and self.messages.was_applied(taken.message_id)
        references = {} if done_before else self._apply(message, verdicts)
        acknowledgement = orjson.dumps(_build_acknowledgement(message, verdicts, references, forced))
        self.messages.record_acknowledgement(
            taken.message_id, acknowledgement, callback, applied=not done_before and _is_applied(verdicts)
        )
        return acknowledgement

    def _decide(self, message: Document) -> list[DeviceDecision]:
        known = self.reference.current
        return [decide_device(DeviceCase(message, device, known, self.resources)) for device in message["devices"]]

    def _apply(self, message: Document, verdicts: Sequence[DeviceDecision]) -> dict[str, str]:
        """Changes the DERs; gives the DER id of each device that has one."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        ders: dict[str, str] = {}
        for one in verdicts:
            der = None
            if one.registration == "registered":
                der = self.resources.enroll_device(message, one.device, at)
            elif one.registration == "deregistered":
                der = self.resources.remove_device(message, one.device, at)
            if der is not None:
                ders[one.device["device_id"]] = der
        if _is_applied(verdicts):
            self.resources.record_applied(message)
        return ders


def _is_applied(verdicts: Sequence[DeviceDecision]) -> bool:
    return any(one.registration != "failed" for one in verdicts)


def _build_acknowledgement(
    message: Document, verdicts: Sequence[DeviceDecision], ders: dict[str, str], forced: ForcedResult | None
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
        "text": text[:_MAX_TEXT_LENGTH],
        "references": dict(references[:_MAX_REFERENCES]),
        "devices": [_build_device_result(one) for one in verdicts],
    }


def _build_device_result(one: DeviceDecision) -> Document:
    return {
        "device_id": one.device["device_id"],
        "registration": one.registration,
        "message": f"{one.refusal.code}: {one.refusal.text}"[:_MAX_TEXT_LENGTH] if one.refusal else "",
    }
