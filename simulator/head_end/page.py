"""The one page for people: which devices are not simply online, what was asked lately, which faults are in force."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from simulator.contract import Document
from simulator.layout import cells, chip, page, table

_DEVICES = ("Device", "State")
_REQUESTS = ("At", "Request", "Device", "Asked", "Times received", "Answer", "Callback")


def overview(devices: Sequence[Document], requests: Sequence[Document], faults: Mapping[str, Any]) -> str:
    """The page; all it shows comes from strangers, so all of it is escaped."""
    set_so = (
        table(
            "Devices set by hand", _DEVICES, (f"{cells(one['device'])}<td>{chip(one['state'])}</td>" for one in devices)
        )
        if devices
        else "<p>Every device is online.</p>"
    )
    asked = (
        table("Requests, newest first", _REQUESTS, map(_request, requests))
        if requests
        else '<p role="status">Nothing was asked yet.</p>'
    )
    in_force = "".join(
        f'<span class="chip fault">{escape(name.replace("_", " "))}: {escape(str(value))}</span>'
        for name, value in faults.items()
        if value
    )
    body = "".join(f'<section class="card">{part}</section>' for part in (set_so, asked, f"<p>{in_force}</p>"))
    return page("Head-end", "A vendor cloud that talks to devices", body, whose="head-end simulator")


def _request(request: Document) -> str:
    answer = request["answer"]
    told = chip(answer["outcome"]) if answer else '<span class="soft">none yet</span>'
    before = cells(
        *(request[name] for name in ("received_at", "request_id", "serial_number", "asked", "times_received"))
    )
    return f"{before}<td>{told}</td>{cells(request['callback'])}"
