"""Renders the DERMS simulator's pages. Everything they show comes from messages, so all of it is escaped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlencode

from simulator.shared.contract import Document
from simulator.shared.layout import (
    render_badge,
    render_card,
    render_cells,
    render_description_list,
    render_faults,
    render_page,
    render_table,
    render_value,
)

_NAME = "DERMS simulator"
_RESULT_COLUMNS = ("DER", "State", "Device", "Serial number", "Account", "Customer", "Program", "Feeder")
_HISTORY_COLUMNS = ("Time", "Message", "Kind", "Sequence", "Version", "Subscription", "New state")
_HISTORY_FIELDS = ("at", "message_id", "kind", "sequence", "version", "subscription")
_MODE_FIELDS = ("acknowledge", "acknowledge_after_seconds")


@dataclass(frozen=True, slots=True)
class SimulatorStatus:
    """The numbers of DERs and messages by state, and the current faults."""

    ders: Mapping[str, int]
    messages: Mapping[str, int]
    faults: Mapping[str, Any]


def render_search_page(query: str, found: Document, status: SimulatorStatus) -> str:
    """Renders the search form, its results and the simulator's status."""
    form = (
        '<form class="card" role="search" action="/" method="get">'
        '<label for="q">Find a DER by serial number, account, customer, program, feeder, subscription or DER id</label>'
        f'<input id="q" name="q" type="search" value="{escape(query)}" autocomplete="off" autofocus>'
        '<button type="submit">Search</button></form>'
    )
    results = _render_results(query, found["items"]) if found["items"] else _render_no_results(query)
    body = form + results + _render_next_link(query, found) + _render_status(status)
    return render_page("DER search", "The DERs in this DERMS simulator", body, simulator_name=_NAME)


def render_der_page(der: Document) -> str:
    """Renders one DER with its device, its customer and its history."""
    device = {name.replace("_", " ").capitalize(): render_value(value) for name, value in der["device"].items()}
    resource = {
        "State": render_badge(der["state"]),
        "Account": escape(der["customer"]["account"]),
        "Customer": f"<bdi>{escape(der['customer']['name'])}</bdi>",
        "Program": escape(der["program"]),
        "Feeder": render_value(der["feeder"]),
        "Subscription": escape(der["subscription"]),
        "Last change": escape(der["updated_at"]),
    }
    rows = map(_render_history_row, der["history"])
    body = (
        render_card(render_description_list(resource), "Grid resource")
        + render_card(render_description_list(device), "Device")
        + render_card(render_table("Every message that changed it, oldest first", _HISTORY_COLUMNS, rows), "History")
        + '<p><a href="/">Back to the search</a></p>'
    )
    return render_page(der["id"], "Distributed energy resource", body, simulator_name=_NAME)


def render_not_found_page() -> str:
    return render_page(
        "No such DER",
        "The model has no DER with this id",
        '<p><a href="/">Search for another</a></p>',
        simulator_name=_NAME,
    )


def _render_results(query: str, ders: Iterable[Document]) -> str:
    caption = f"DERs that match “{escape(query)}”, newest first" if query else "All DERs, newest first"
    return render_card(render_table(caption, _RESULT_COLUMNS, map(_render_result_row, ders)))


def _render_no_results(query: str) -> str:
    text = f"No DER matches “{escape(query)}”." if query else "The model has no DERs yet. Send a sync message."
    return f'<p class="card empty" role="status">{text}</p>'


def _render_next_link(query: str, found: Document) -> str:
    if found["next_cursor"] is None:
        return ""
    target = urlencode({"q": query, "cursor": found["next_cursor"]})
    return f'<p><a rel="next" href="/?{escape(target)}">Older DERs</a></p>'


def _render_result_row(der: Document) -> str:
    device, customer = der["device"], der["customer"]
    return (
        f'<th scope="row" class="id"><a href="/der/{der["id"]}">{der["id"]}</a></th>'
        f"<td>{render_badge(der['state'])}</td>"
        + render_cells(f"{device['manufacturer']} {device['model']}", device["serial_number"], customer["account"])
        + f"<td><bdi>{escape(customer['name'])}</bdi></td>"
        + render_cells(der["program"], der["feeder"])
    )


def _render_history_row(change: Document) -> str:
    return render_cells(*(change[name] for name in _HISTORY_FIELDS)) + f"<td>{render_badge(change['state'])}</td>"


def _render_status(status: SimulatorStatus) -> str:
    numbers = {
        "DERs enrolled": status.ders["enrolled"],
        "DERs removed": status.ders["removed"],
        "Messages received": status.messages["received"],
        "Not yet decided": status.messages["undecided"],
        "Callbacks waiting": status.messages["waiting"],
        "Callbacks lost": status.messages["lost"],
        "Undeliverable": status.messages["undeliverable"],
    }
    values = render_description_list({name: str(number) for name, number in numbers.items()})
    faults = render_faults(status.faults, hidden=_MODE_FIELDS) or "No faults in force."
    return render_card(
        f'<div class="numbers">{values}</div><p class="gap">{_describe_mode(status.faults)}</p><p>{faults}</p>',
        "Status",
    )


def _describe_mode(faults: Mapping[str, Any]) -> str:
    mode = escape(faults["acknowledge"].replace("_", " "))
    delay = f", after {faults['acknowledge_after_seconds']:g} s" if faults["acknowledge"] == "callback" else ""
    return f"Acknowledges {mode}{delay}."
