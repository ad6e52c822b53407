"""The public API as the command uses it: at the address and with the token of the running stack, or those given."""

import json
import os
import sys
import weakref
from pathlib import Path
from typing import Any

import httpx
import orjson

from cli.output import err, fail

DATA_DIR = Path(".data")


class ApiClient:
    """Asks, and turns problems into words."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        weakref.finalize(self, self._http.close)

    def request(self, method: str, path: str, *, body: Any = None, prepared_for: str = "", **options: Any) -> Any:
        """The answer's document; ends the command with the problem's words when there is one, unless it is of the code
        that the caller is `prepared_for`."""
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
        if response.is_error and (not prepared_for or get_problem_code(document) != prepared_for):
            _fail_with_problem(response.status_code, document)
        return document


def get_problem_code(document: dict[str, Any]) -> str:
    """The code of a problem; empty for what is none."""
    return str(document.get("type", "")).rpartition("#")[2]


def _fail_with_problem(status: int, document: dict[str, Any]) -> None:
    for fault in document.get("errors", []):
        err.print(f"  {fault['pointer']}: {fault['detail']}", markup=False)
    fail(f"{status}: {document.get('detail', '')}", document.get("fix", "See the API's log."))


def read_json_file(file: Path) -> Any:
    """What a JSON file says; `-` is the standard input."""
    try:
        return orjson.loads(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except FileNotFoundError:
        fail(f"There is no file {file}.", "Name a JSON file, or - for the standard input.")
    except orjson.JSONDecodeError as error:
        fail(f"{file} is not JSON: {error}.", "Correct it and try again.")


def connect_to_api(data_dir: Path | None = None) -> ApiClient:
    """The API of GRIDENROLL_API_URL and GRIDENROLL_API_TOKEN, or of the stack that runs in the data directory."""
    if data_dir is None and "GRIDENROLL_API_URL" in os.environ:
        return ApiClient(os.environ["GRIDENROLL_API_URL"], os.environ.get("GRIDENROLL_API_TOKEN", ""))
    stack = _read_stack_file(data_dir or DATA_DIR)
    return ApiClient(stack["api_url"], stack["token"])


def _read_stack_file(data_dir: Path) -> dict[str, Any]:
    try:
        return json.loads((data_dir / "stack.json").read_text())
    except FileNotFoundError:
        fail(
            f"No stack runs in {data_dir}.",
            "Start one with `make up`, name its --data-dir, or set GRIDENROLL_API_URL and GRIDENROLL_API_TOKEN.",
        )
