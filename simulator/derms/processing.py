"""Processes a message: decides about each device, changes the DERs and records the acknowledgement, all at once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from simulator.derms.grid_model.decisions import DeviceCase, DeviceDecision, Refusal, accept_device, decide_device
from simulator.derms.grid_model.reference import ReferenceRepository
from simulator.derms.grid_model.resources import DerRepository
from simulator.derms.messages import MessageRepository, StoredMessage
from simulator.shared.callbacks import CallbackState
from simulator.shared.contract import Document
from simulator.shared.store import format_now

_MAX_REFERENCES = 50
_MAX_TEXT_LENGTH = 2000


class ForcedResult(BaseModel):
    """A result that a test sets, whatever the checks would decide."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    result: Literal["positive", "negative"]
    code: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9._-]*$")
    text: str = Field(default="", max_length=_MAX_TEXT_LENGTH)

    def decide(self, message: Document) -> list[DeviceDecision]:
        """Returns this result for each device."""
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
        self, stored: StoredMessage, message: Document, callback: CallbackState, forced: ForcedResult | None = None
    ) -> bytes:
        """Records and returns the acknowledgement. A message that was applied is never applied again, nor undone."""
        decisions = forced.decide(message) if forced else self._decide(message)
        was_applied = stored.acknowledgement is not None and self.messages.was_applied(stored.message_id)
        der_ids = {} if was_applied else self._apply(message, decisions)
        acknowledgement = orjson.dumps(_build_acknowledgement(message, decisions, der_ids, forced))
        self.messages.record_acknowledgement(
            stored.message_id, acknowledgement, callback, applied=not was_applied and _is_any_accepted(decisions)
        )
        return acknowledgement

    def _decide(self, message: Document) -> list[DeviceDecision]:
        reference = self.reference.current
        return [decide_device(DeviceCase(message, device, reference, self.resources)) for device in message["devices"]]

    def _apply(self, message: Document, decisions: Sequence[DeviceDecision]) -> dict[str, str]:
        """Changes the DERs; returns the DER id of each device that has one."""
        at = format_now()
        der_ids: dict[str, str] = {}
        for decision in decisions:
            der_id = None
            if decision.registration == "registered":
                der_id = self.resources.enroll_device(message, decision.device, at)
            elif decision.registration == "deregistered":
                der_id = self.resources.remove_device(message, decision.device, at)
            if der_id is not None:
                der_ids[decision.device["device_id"]] = der_id
        if _is_any_accepted(decisions):
            self.resources.record_applied(message)
        return der_ids


def _is_any_accepted(decisions: Sequence[DeviceDecision]) -> bool:
    return any(decision.registration != "failed" for decision in decisions)


def _build_acknowledgement(
    message: Document, decisions: Sequence[DeviceDecision], der_ids: dict[str, str], forced: ForcedResult | None
) -> Document:
    refusal = next((decision.refusal for decision in decisions if decision.refusal), None)
    source = refusal or forced
    references = [("resource", next(iter(der_ids.values()))), *der_ids.items()] if der_ids else []
    return {
        "message_id": f"ack_{uuid.uuid4().hex}",
        "sync_request_id": message["sync_request_id"],
        "version": message["version"],
        "result": "negative" if refusal else "positive",
        "code": source.code if source else "",
        "text": source.text[:_MAX_TEXT_LENGTH] if source else "",
        "references": dict(references[:_MAX_REFERENCES]),
        "devices": [_build_device_result(decision) for decision in decisions],
    }


def _build_device_result(decision: DeviceDecision) -> Document:
    refusal = decision.refusal
    return {
        "device_id": decision.device["device_id"],
        "registration": decision.registration,
        "message": f"{refusal.code}: {refusal.text}"[:_MAX_TEXT_LENGTH] if refusal else "",
    }
