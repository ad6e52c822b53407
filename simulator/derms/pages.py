"""The pages for people. All they show comes from a stranger's message, so all of it is escaped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlencode

from simulator.shared.contract import Document
from simulator.shared.layout import (
    render_badge,
    render_cells,
    render_description_list,
    render_page,
    render_table,
    render_value,
)

_RESULT_COLUMNS = ("DER", "State", "Device", "Serial number", "Account", "Customer", "Program", "Feeder")
_HISTORY_COLUMNS = ("At", "Message", "Kind", "Sequence", "Version", "Subscription", "State after it")
_ALWAYS_SHOWN = ("acknowledge", "acknowledge_after_seconds")


@dataclass(frozen=True, slots=True)
class SimulatorStatus:
    """What the panel tells: how many of what, and the faults in force."""

    ders: Mapping[str, int]
    messages: Mapping[str, int]
    faults: Mapping[str, Any]


def render_search_page(query: str, found: Document, standing: SimulatorStatus) -> str:
    """The search page with its results."""
    form = (
        '<form class="card" role="search" action="/" method="get">'
        '<label for="q">Find a DER by serial number, account, customer, program, feeder, subscription or DER id</label>'
        f'<input id="q" name="q" type="search" value="{escape(query)}" autocomplete="off" autofocus>'
        '<button type="submit">Search</button></form>'
    )
    results = _render_results(query, found["items"]) if found["items"] else _render_no_results(query)
    return render_page(
        "DER search",
        "What this DERMS simulator holds",
        form + results + _render_next_link(query, found) + _render_status(standing),
    )


def render_der_page(der: Document) -> str:
    """One DER with its device, its owner's account and its history."""
    device = {name.replace("_", " ").capitalize(): value for name, value in der["device"].items()}
    place = {
        "State": render_badge(der["state"]),
        "Account": escape(der["customer"]["account"]),
        "Customer": f"<bdi>{escape(der['customer']['name'])}</bdi>",
        "Program": escape(der["program"]),
        "Feeder": render_value(der["feeder"]),
        "Subscription": escape(der["subscription"]),
        "Last change": escape(der["updated_at"]),
    }
    described = {name: render_value(value) for name, value in device.items()}
    history = render_table(
        "Every message that changed it, oldest first", _HISTORY_COLUMNS, map(_render_history_row, der["history"])
    )
    body = (
        f'<section class="card"><h2>Grid resource</h2>{render_description_list(place)}</section>'
        f'<section class="card"><h2>Device</h2>{render_description_list(described)}</section>'
        f'<section class="card"><h2>History</h2>{history}</section>'
        '<p><a href="/">Back to the search</a></p>'
    )
    return render_page(der["id"], "Distributed energy resource", body)


def render_not_found_page() -> str:
    return render_page("No such DER", "Nothing is modelled under this id", '<p><a href="/">Search for another</a></p>')


def _render_results(query: str, ders: Iterable[Document]) -> str:
    caption = f"DERs that match “{escape(query)}”, newest first" if query else "All DERs, newest first"
    return f'<section class="card">{render_table(caption, _RESULT_COLUMNS, map(_render_result_row, ders))}</section>'


def _render_no_results(query: str) -> str:
    said = f"No DER matches “{escape(query)}”." if query else "No device is modelled yet. Send a sync message."
    return f'<p class="card empty" role="status">{said}</p>'


def _render_next_link(query: str, found: Document) -> str:
    if found["next_cursor"] is None:
        return ""
    target = urlencode({"q": query, "cursor": found["next_cursor"]})
    return f'<p><a rel="next" href="/?{escape(target)}">Older ones</a></p>'


def _render_result_row(der: Document) -> str:
    device = der["device"]
    return (
        f'<th scope="row" class="id"><a href="/der/{der["id"]}">{der["id"]}</a></th>'
        f"<td>{render_badge(der['state'])}</td>"
        + render_cells(
            f"{device['manufacturer']} {device['model']}", device["serial_number"], der["customer"]["account"]
        )
        + f"<td><bdi>{escape(der['customer']['name'])}</bdi></td>"
        + render_cells(der["program"], der["feeder"])
    )


def _render_history_row(event: Document) -> str:
    told = render_cells(*(event[name] for name in ("at", "message_id", "kind", "sequence", "version", "subscription")))
    return f"{told}<td>{render_badge(event['state'])}</td>"


def _render_status(standing: SimulatorStatus) -> str:
    messages = standing.messages
    numbers = {
        "DERs enrolled": standing.ders["enrolled"],
        "DERs removed": standing.ders["removed"],
        "Messages taken": messages["received"],
        "Not yet decided": messages["undecided"],
        "Callbacks waiting": messages["waiting"],
        "Callbacks lost": messages["lost"],
        "Undeliverable": messages["undeliverable"],
    }
    faults = "".join(
        f'<span class="chip fault">{escape(name.replace("_", " "))}: {escape(str(value))}</span>'
        for name, value in standing.faults.items()
        if value and name not in _ALWAYS_SHOWN
    )
    mode = f"Acknowledges {escape(standing.faults['acknowledge'].replace('_', ' '))}"
    after = f", after {standing.faults['acknowledge_after_seconds']:g} s"
    return (
        '<section class="card"><h2>Standing</h2><div class="numbers">'
        f"{render_description_list({name: str(number) for name, number in numbers.items()})}</div>"
        f'<p class="gap">{mode}{after if standing.faults["acknowledge"] == "callback" else ""}.</p>'
        f"<p>{faults or 'No faults in force.'}</p></section>"
    )
