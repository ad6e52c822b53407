"""Renders the head-end simulator's page: devices, requests and faults. All of it is escaped."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.shared.contract import Document
from simulator.shared.layout import (
    render_badge,
    render_card,
    render_cells,
    render_faults,
    render_page,
    render_table,
)

_DEVICE_COLUMNS = ("Device", "State")
_REQUEST_COLUMNS = ("Time", "Request", "Device", "Operation", "Times received", "Answer", "Callback")
_REQUEST_FIELDS = ("received_at", "request_id", "serial_number", "asked", "times_received")


def render_overview(devices: Sequence[Document], requests: Sequence[Document], faults: Mapping[str, Any]) -> str:
    """Renders the whole page."""
    parts = (_render_devices(devices), _render_requests(requests), f"<p>{render_faults(faults)}</p>")
    body = "".join(render_card(part) for part in parts)
    return render_page("Head-end", "A vendor cloud that talks to devices", body, simulator_name="head-end simulator")


def _render_devices(devices: Sequence[Document]) -> str:
    if not devices:
        return "<p>Every device is online.</p>"
    rows = (f"{render_cells(device['device'])}<td>{render_badge(device['state'])}</td>" for device in devices)
    return render_table("Devices whose state was set", _DEVICE_COLUMNS, rows)


def _render_requests(requests: Sequence[Document]) -> str:
    if not requests:
        return '<p role="status">No requests yet.</p>'
    return render_table("Requests, newest first", _REQUEST_COLUMNS, map(_render_request_row, requests))


def _render_request_row(request: Document) -> str:
    answer = request["answer"]
    outcome = render_badge(answer["outcome"]) if answer else '<span class="soft">none yet</span>'
    cells = render_cells(*(request[name] for name in _REQUEST_FIELDS))
    return f"{cells}<td>{outcome}</td>{render_cells(request['callback'])}"
