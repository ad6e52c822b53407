"""How API lists become pages, tables and sentences."""

import json
from typing import Any, cast

import pytest

from cli import tables
from cli.client import ApiClient, fetch_pages


class Pages:
    """A list of this length, in pages."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.asked: list[dict[str, Any]] = []

    def request(self, method: str, path: str, *, params: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(params)
        first = int(params.get("cursor", 0))
        last = min(first + params["limit"], self._count)
        return {
            "items": [{"id": number} for number in range(first, last)],
            "next_cursor": str(last) if last < self._count else None,
        }


def fetched(count: int, limit: int, *, everything: bool = False) -> tuple[dict[str, Any], Pages]:
    api = Pages(count)
    wanted = {"program": None, "state": "error"}
    return fetch_pages(cast("ApiClient", api), "/v1/x", wanted, limit, everything=everything), api


def test_pages_are_joined() -> None:
    document, api = fetched(1000, 450)
    assert [item["id"] for item in document["items"]] == list(range(450))
    assert [asked["limit"] for asked in api.asked] == [200, 200, 50]
    assert document["next_cursor"] == "450"


def test_all_follows_every_page() -> None:
    document, _ = fetched(450, 1, everything=True)
    assert (len(document["items"]), document["next_cursor"]) == (450, None)


def test_unset_filters_are_not_sent() -> None:
    _, api = fetched(1, 50)
    assert api.asked == [{"state": "error", "limit": 50}]


def shown(items: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], *, as_json: bool = False) -> str:
    document = {"items": items, "next_cursor": None}
    columns: tables.Columns = {"id": tables.field("id"), "why": tables.field("why")}
    tables.print_list(document, columns, empty="There are none.", as_json=as_json)
    return capsys.readouterr().out


def test_an_empty_list_prints_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown([], capsys) == "There are none.\n"


def test_long_values_are_not_truncated(capsys: pytest.CaptureFixture[str]) -> None:
    long = "[bold]:warning: " + "x" * 150
    assert long in shown([{"id": "syn_1", "why": long}], capsys)


def test_json_output_is_the_document_alone(capsys: pytest.CaptureFixture[str]) -> None:
    items = [{"id": "syn_1", "why": "Ünïcode [x] :car:"}]
    assert json.loads(shown(items, capsys, as_json=True)) == {"items": items, "next_cursor": None}


def test_a_missing_value_is_an_empty_cell(capsys: pytest.CaptureFixture[str]) -> None:
    assert "None" not in shown([{"id": "syn_1", "why": None}], capsys)
