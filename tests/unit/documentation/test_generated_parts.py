"""The parts of docs/ that tests/generated_docs.py generates are current."""

import importlib
import pkgutil
from pathlib import Path

import pytest

from models import states
from models.states.sync_request import SYNC_TRANSITIONS
from tests import generated_docs

PAGES = list(generated_docs.generate_pages())
MODULES = [importlib.import_module(f"models.states.{found.name}") for found in pkgutil.iter_modules(states.__path__)]
TABLES = {name: table for module in MODULES for name, table in vars(module).items() if name.endswith("_TRANSITIONS")}


@pytest.mark.parametrize(("path", "text", "current"), PAGES, ids=[path.name for path, _, _ in PAGES])
def test_the_generated_parts_of_a_page_are_current(path: Path, text: str, current: str) -> None:
    assert text == current, f"{path} is outdated; update it: python tests/generated_docs.py"


def test_every_part_is_on_some_page() -> None:
    used = {part[2] for _, text, _ in PAGES for part in generated_docs.PART_PATTERN.finditer(text)}
    assert used == set(generated_docs.PART_GENERATORS)


@pytest.mark.parametrize("name", TABLES)
def test_a_diagram_shows_every_transition_as_an_arrow_or_in_words(name: str) -> None:
    table = TABLES[name]
    text = generated_docs.draw_transitions(table)
    for state, following in table.items():
        for other in following:
            is_shown = f"    {state} --> {other}\n" in text or any(
                line.startswith(f"`{other}` follows from") and f"`{state}`" in line for line in text.splitlines()
            )
            assert is_shown or f"From `{state}` follows" in text, f"{state} to {other}"


def test_a_diagram_shows_no_other_transition() -> None:
    lines = generated_docs.draw_transitions(SYNC_TRANSITIONS).splitlines()
    arrows = {tuple(line.split(" --> ")) for line in lines if "-->" in line and "[*]" not in line}
    assert arrows == {(f"    {state}", other) for state, following in SYNC_TRANSITIONS.items() for other in following}


def test_every_transition_table_has_a_diagram() -> None:
    diagrams = {part.removesuffix("-states") for part in generated_docs.PART_GENERATORS if part.endswith("-states")}
    assert diagrams == {name.removesuffix("_TRANSITIONS").lower().replace("_", "-") for name in TABLES}
