"""Reminders of work that has waited too long: counted, and escalated once to the list of what needs attention."""

from datetime import datetime

from models.tables.device_setup import DeviceShipment
from models.tables.work_order import WorkOrder
from operations.platform.audit import AuditTrail

_REMINDED = {WorkOrder: "wo:reminded", DeviceShipment: "shp:reminded"}
_ESCALATED = {WorkOrder: "wo:escalated", DeviceShipment: "shp:escalated"}


def mark_reminded(trail: AuditTrail, row: WorkOrder | DeviceShipment, now: datetime, *, escalate: bool) -> None:
    """Count a reminder; with `escalate` the row also needs attention from now on."""
    row.reminders += 1
    if escalate and row.escalated_at is None:
        row.escalated_at = now
    trail.note(row.id, (_ESCALATED if escalate else _REMINDED)[type(row)])
