"""docs/problems.md has a section for each problem code, and for no other."""

import ast
import asyncio
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, HTTPException

from api import problems
from models import errors
from models.messages.synchronization import SendFailure

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/problems.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
ROOMS = ("activities", "api", "connectors", "models", "operations", "relay", "rules", "wording", "workflows")


def _raised() -> Iterator[str]:
    """Find the codes given where an error is raised, or where the API writes a problem itself."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from _codes(node)


def _codes(call: ast.Call) -> Iterator[str]:
    name = getattr(call.func, "id", "")
    given = [word.value for word in call.keywords if word.arg == "code"] if name in KINDS else []
    if name == "build_problem_response":
        given = call.args[1:2]
    yield from (value.value for value in given if isinstance(value, ast.Constant))


def _by_kind() -> set[str]:
    return {vars(errors)[name].code for name in KINDS}


async def _by_status() -> set[str]:
    """Return the codes of what the framework itself refuses, by status."""
    app = FastAPI()
    problems.install_error_handlers(app)

    @app.get("/{status}")
    async def refuse(status: int) -> None:
        raise HTTPException(status)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as http:
        answers = [await http.get(f"/{status.value}") for status in HTTPStatus if 400 <= status < 500]
    return {answer.json()["type"].partition("#")[2] for answer in answers}


CODES = {*_raised(), *_by_kind(), *asyncio.run(_by_status()), *(failure.value for failure in SendFailure)}


def test_codes_are_found_wherever_they_are_raised() -> None:
    assert {"already-enrolled", "derms-refused", "malformed-json", "too-large", "who-are-you", "conflict"} <= CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_its_section(code: str) -> None:
    assert code in HEADINGS


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_section_belongs_to_a_code(heading: str) -> None:
    assert heading in CODES
    assert HEADINGS.count(heading) == 1


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_section_says_what_to_do(heading: str) -> None:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    assert "**What to do.**" in section
