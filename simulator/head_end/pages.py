"""The one page for people: which devices are not simply online, what was asked lately, which faults are in force."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from simulator.shared.contract import Document
from simulator.shared.layout import render_badge, render_cells, render_page, render_table

_DEVICE_COLUMNS = ("Device", "State")
_REQUEST_COLUMNS = ("At", "Request", "Device", "Asked", "Times received", "Answer", "Callback")


def render_overview(devices: Sequence[Document], requests: Sequence[Document], faults: Mapping[str, Any]) -> str:
    """The page; all it shows comes from strangers, so all of it is escaped."""
    set_so = (
        render_table(
            "Devices set by hand",
            _DEVICE_COLUMNS,
            (f"{render_cells(one['device'])}<td>{render_badge(one['state'])}</td>" for one in devices),
        )
        if devices
        else "<p>Every device is online.</p>"
    )
    asked = (
        render_table("Requests, newest first", _REQUEST_COLUMNS, map(_render_request_row, requests))
        if requests
        else '<p role="status">Nothing was asked yet.</p>'
    )
    in_force = "".join(
        f'<span class="chip fault">{escape(name.replace("_", " "))}: {escape(str(value))}</span>'
        for name, value in faults.items()
        if value
    )
    body = "".join(f'<section class="card">{part}</section>' for part in (set_so, asked, f"<p>{in_force}</p>"))
    return render_page("Head-end", "A vendor cloud that talks to devices", body, whose="head-end simulator")


def _render_request_row(request: Document) -> str:
    answer = request["answer"]
    told = render_badge(answer["outcome"]) if answer else '<span class="soft">none yet</span>'
    before = render_cells(
        *(request[name] for name in ("received_at", "request_id", "serial_number", "asked", "times_received"))
    )
    return f"{before}<td>{told}</td>{render_cells(request['callback'])}"
