"""The parts of docs/ that are drawn from the code are as the code has them now."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from models import states, task_states

ROOT = Path(__file__).parents[2]


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "tests/pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


drawn = _loaded()
PAGES = list(drawn.pages())


@pytest.mark.parametrize(("path", "text", "current"), PAGES, ids=[path.name for path, _, _ in PAGES])
def test_a_drawn_page_is_current(path: Path, text: str, current: str) -> None:
    assert text == current, f"{path} is behind the code; draw it anew: python tests/pages.py"


def test_every_part_stands_on_some_page() -> None:
    assert {part[2] for _, text, _ in PAGES for part in drawn.PART.finditer(text)} == set(drawn.PARTS)


TABLES = {name: table for name, table in {**vars(states), **vars(task_states)}.items() if name.endswith("_TRANSITIONS")}


@pytest.mark.parametrize("name", TABLES)
def test_a_picture_tells_every_transition_in_arrows_or_in_words(name: str) -> None:
    table = TABLES[name]
    text = drawn.picture(table)
    for state, after in table.items():
        for other in after:
            told = f"    {state} --> {other}\n" in text or any(
                line.startswith(f"`{other}` follows from") and f"`{state}`" in line for line in text.splitlines()
            )
            assert told or f"From `{state}` follows" in text, f"{state} to {other}"


def test_a_picture_tells_no_transition_that_there_is_not() -> None:
    arrows = {
        tuple(line.split(" --> ")) for line in drawn.picture(states.SYNC_TRANSITIONS).splitlines() if "-->" in line
    }
    known = {(f"    {before}", after) for before, some in states.SYNC_TRANSITIONS.items() for after in some}
    assert {arrow for arrow in arrows if "[*]" not in "".join(arrow)} == known


def test_every_transition_table_of_an_enrolment_has_its_picture_and_every_picture_is_of_a_table() -> None:
    drawn_of = {name.removesuffix("-states") for name in drawn.PARTS if name.endswith("-states")}
    spelt = {name: name.removesuffix("_TRANSITIONS").lower().replace("_", "-") for name in TABLES}
    assert {spelt[name] for name in TABLES if name in vars(states)} <= drawn_of <= set(spelt.values())
