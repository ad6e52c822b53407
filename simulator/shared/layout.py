"""How the pages for people look. No scripts."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


PAGE_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src '{STYLE_HASH}'; form-action 'self'",
    "Cache-Control": "no-store",
}


def render_page(title: str, under: str, body: str, *, whose: str = "DERMS simulator") -> str:
    """A whole page; all that a stranger wrote in `body` is escaped already."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · {escape(whose)}</title><style>{_STYLE}</style></head><body>"
        '<a class="skip" href="#content">Skip to the content</a>'
        f"<header><h1>{escape(title)}</h1><p>{escape(under)}</p></header>"
        f'<main id="content">{body}</main></body></html>'
    )


def render_table(caption: str, columns: Iterable[str], rows: Iterable[str]) -> str:
    """Rows of cells under a caption."""
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def render_description_list(values: Mapping[str, str]) -> str:
    """Names with what belongs to them."""
    return (
        f"<dl>{''.join(f'<div><dt>{escape(name)}</dt><dd>{value}</dd></div>' for name, value in values.items())}</dl>"
    )


def render_cells(*values: Any) -> str:
    """Cells of a row."""
    return "".join(f"<td>{render_value(value)}</td>" for value in values)


def render_value(value: Any) -> str:
    """Any value, escaped."""
    return '<span class="soft">none</span>' if value is None else escape(str(value))


def render_badge(state: str) -> str:
    """A state, so that it is seen at a glance."""
    return f'<span class="chip {escape(state)}">{escape(state)}</span>'
