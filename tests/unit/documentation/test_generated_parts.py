"""The generated parts of docs/ are current."""

import importlib
import importlib.util
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

from models import states
from models.states.sync_request import SYNC_TRANSITIONS

ROOT = Path(__file__).parents[3]


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "tests/generated_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


drawn = _loaded()
PAGES = list(drawn.generate_pages())


@pytest.mark.parametrize(("path", "text", "current"), PAGES, ids=[path.name for path, _, _ in PAGES])
def test_a_generated_page_is_current(path: Path, text: str, current: str) -> None:
    assert text == current, f"{path} is behind the code; draw it anew: python tests/generated_docs.py"


def test_every_generated_part_is_on_a_page() -> None:
    assert {part[2] for _, text, _ in PAGES for part in drawn.PART_PATTERN.finditer(text)} == set(drawn.PART_GENERATORS)


MODULES = [importlib.import_module(f"models.states.{found.name}") for found in pkgutil.iter_modules(states.__path__)]
TABLES = {name: table for module in MODULES for name, table in vars(module).items() if name.endswith("_TRANSITIONS")}


@pytest.mark.parametrize("name", TABLES)
def test_a_diagram_contains_every_transition(name: str) -> None:
    table = TABLES[name]
    text = drawn.draw_transitions(table)
    for state, after in table.items():
        for other in after:
            told = f"    {state} --> {other}\n" in text or any(
                line.startswith(f"`{other}` follows from") and f"`{state}`" in line for line in text.splitlines()
            )
            assert told or f"From `{state}` follows" in text, f"{state} to {other}"


def test_a_diagram_contains_no_other_transition() -> None:
    arrows = {
        tuple(line.split(" --> ")) for line in drawn.draw_transitions(SYNC_TRANSITIONS).splitlines() if "-->" in line
    }
    known = {(f"    {before}", after) for before, some in SYNC_TRANSITIONS.items() for after in some}
    assert {arrow for arrow in arrows if "[*]" not in "".join(arrow)} == known


def test_every_transition_table_has_a_diagram_and_every_diagram_a_table() -> None:
    drawn_of = {name.removesuffix("-states") for name in drawn.PART_GENERATORS if name.endswith("-states")}
    spelt = {name: name.removesuffix("_TRANSITIONS").lower().replace("_", "-") for name in TABLES}
    assert drawn_of == set(spelt.values())
