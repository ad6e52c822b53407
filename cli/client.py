"""A client of the public API, with the address and token of the running stack or of the environment."""

import json
import os
import sys
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson

from cli.output import err, fail

DATA_DIR = Path(".data")
_PAGE_SIZE = 200

Document = dict[str, Any]


class ApiClient:
    """Sends requests to the API, and ends the command with the text of a problem."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        weakref.finalize(self, self._http.close)

    def request(self, method: str, path: str, *, body: Any = None, expected_problem: str = "", **options: Any) -> Any:
        """Returns the document of the answer. A problem ends the command, unless its code is `expected_problem`."""
        if body is not None:
            options |= {"content": orjson.dumps(body), "headers": {"Content-Type": "application/json"}}
        try:
            response = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            fail(f"No API answers at {self.url}: {error}.", "Start one with `make up`, or set GRIDENROLL_API_URL.")
        try:
            document: Any = response.json()
        except ValueError:
            document = {"detail": response.text[:500]}
        if response.is_error and (not expected_problem or get_problem_code(document) != expected_problem):
            _fail_with_problem(response.status_code, document)
        return document


def get_problem_code(document: Document) -> str:
    """Returns the code of a problem, or an empty text for any other document."""
    return str(document.get("type", "")).rpartition("#")[2]


def _fail_with_problem(status: int, document: Document) -> None:
    for fault in document.get("errors", []):
        err.print(f"  {fault['pointer']}: {fault['detail']}", markup=False)
    fail(f"{status}: {document.get('detail', '')}", document.get("fix", "See the API's log."))


def fetch_pages(api: ApiClient, path: str, filters: Mapping[str, Any], limit: int, *, everything: bool) -> Document:
    """Returns a list with up to `limit` items, or all of them; `next_cursor` is set if there are more."""
    items: list[Document] = []
    given = {name: value for name, value in filters.items() if value is not None}
    cursor: str | None = None
    while True:
        size = _PAGE_SIZE if everything else min(_PAGE_SIZE, limit - len(items))
        position = {"cursor": cursor} if cursor else {}
        page = api.request("GET", path, params={**given, **position, "limit": size})
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None or (not everything and len(items) >= limit):
            return {**page, "items": items}


def read_json_file(file: Path) -> Any:
    """Returns the document in a JSON file, or on the standard input for `-`."""
    try:
        return orjson.loads(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except FileNotFoundError:
        fail(f"There is no file {file}.", "Name a JSON file, or - for the standard input.")
    except orjson.JSONDecodeError as error:
        fail(f"{file} is not JSON: {error}.", "Correct it and try again.")


def connect_to_api(data_dir: Path | None = None) -> ApiClient:
    """Returns a client of the API in GRIDENROLL_API_URL, or of the stack that runs in the data directory."""
    if data_dir is None and "GRIDENROLL_API_URL" in os.environ:
        return ApiClient(os.environ["GRIDENROLL_API_URL"], os.environ.get("GRIDENROLL_API_TOKEN", ""))
    stack = _read_stack_file(data_dir or DATA_DIR)
    return ApiClient(stack["api_url"], stack["token"])


def _read_stack_file(data_dir: Path) -> Document:
    try:
        return json.loads((data_dir / "stack.json").read_text())
    except FileNotFoundError:
        fail(
            f"No stack runs in {data_dir}.",
            "Start one with `make up`, name its --data-dir, or set GRIDENROLL_API_URL and GRIDENROLL_API_TOKEN.",
        )
