"""Renders the parts that the simulators' HTML pages have in common. The pages use no scripts."""

import base64
import hashlib
from collections.abc import Collection, Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse, Response

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src '{_STYLE_HASH}'; form-action 'self'",
    "Cache-Control": "no-store",
}


def build_html_response(html: str, status: int = 200) -> Response:
    """Responds with a page that may load nothing but its own style."""
    return HTMLResponse(html, status, headers=_HEADERS)


def render_page(title: str, subtitle: str, body: str, *, simulator_name: str) -> str:
    """Renders a whole page. Whatever came from outside must be escaped in `body` already."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · {escape(simulator_name)}</title><style>{_STYLE}</style></head><body>"
        '<a class="skip" href="#content">Skip to the content</a>'
        f"<header><h1>{escape(title)}</h1><p>{escape(subtitle)}</p></header>"
        f'<main id="content">{body}</main></body></html>'
    )


def render_card(content: str, heading: str = "") -> str:
    """Renders a section of the page, with a heading if one is given."""
    title = f"<h2>{heading}</h2>" if heading else ""
    return f'<section class="card">{title}{content}</section>'


def render_table(caption: str, columns: Iterable[str], rows: Iterable[str]) -> str:
    """Renders rows of cells under a caption."""
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def render_description_list(values: Mapping[str, str]) -> str:
    """Renders names and their values, which must be escaped already."""
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in values.items())
    return f"<dl>{items}</dl>"


def render_cells(*values: Any) -> str:
    """Renders the cells of a row."""
    return "".join(f"<td>{render_value(value)}</td>" for value in values)


def render_value(value: Any) -> str:
    """Renders any value, escaped."""
    return '<span class="soft">none</span>' if value is None else escape(str(value))


def render_badge(state: str) -> str:
    """Renders a state as a colored badge."""
    return f'<span class="chip {escape(state)}">{escape(state)}</span>'


def render_faults(faults: Mapping[str, Any], hidden: Collection[str] = ()) -> str:
    """Renders a badge for each fault that is switched on, except the hidden ones."""
    return "".join(
        f'<span class="chip fault">{escape(name.replace("_", " "))}: {escape(str(value))}</span>'
        for name, value in faults.items()
        if value and name not in hidden
    )
