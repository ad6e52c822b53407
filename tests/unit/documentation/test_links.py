"""README.md and docs/ refer to files, headings and endpoints that exist."""

import re
from pathlib import Path

import pytest

from api.app import create_app
from models.requests.enrollment import EnrollmentApplication

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    ROOT / "examples/README.md",
    *(ROOT / f"{name}.md" for name in ("CONTRIBUTING", "CHANGELOG", "SECURITY")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
LINKS = [(page, target) for page in PAGES for target in LINK.findall(page.read_text(encoding="utf-8"))]
DOOR = re.compile(r"/v1/[\w/{}$.-]*[\w}]")
CITED = re.compile(r"(docs/[\w./-]+\.md)#([\w-]+)")
BY_NUMBER = re.compile(r"\b[A-Z]{4,}\.md \d[\d.]*")
PYTHON = [path for path in ROOT.glob("**/*.py") if not path.relative_to(ROOT).as_posix().startswith(".")]
SOURCES = [
    path
    for pattern in ("*/**/*.py", "*.py", "*.yml", "Makefile", "Dockerfile")
    for path in ROOT.glob(pattern)
    if not path.relative_to(ROOT).as_posix().startswith((".", "tests/"))
]


def _named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("page", "target"), LINKS, ids=[f"{_named(page)}: {target}" for page, target in LINKS])
def test_a_link_resolves(page: Path, target: str) -> None:
    if "://" in target:
        return
    path, _, anchor = target.partition("#")
    there = (page.parent / path).resolve() if path else page
    assert there.exists(), f"{_named(page)} links to {target}"
    assert not anchor or anchor in _anchors(there), f"{there.name} has no heading for #{anchor}"


def test_pages_that_the_code_names_exist() -> None:
    named = {
        name.rstrip(".")
        for path in SOURCES
        for name in re.findall(r"docs/[\w./-]+\.(?:md|json)", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 4
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def _unknown_anchors(code: str) -> list[str]:
    return [
        f"{page}#{anchor}"
        for page, anchor in CITED.findall(code)
        if not (ROOT / page).exists() or anchor not in _anchors(ROOT / page)
    ]


def test_a_reference_to_an_unknown_anchor_or_page_is_detected() -> None:
    pages = "docs/" + "operate/run.md", "docs/" + "nowhere.md"
    code = f"(see {pages[0]}#at-night, {pages[0]}#at-noon and {pages[1]}#at-night)"
    assert _unknown_anchors(code) == [f"{pages[0]}#at-noon", f"{pages[1]}#at-night"]


def test_sections_that_python_files_reference_exist() -> None:
    texts = {_named(path): path.read_text(encoding="utf-8") for path in PYTHON}
    assert sum(len(CITED.findall(text)) for text in texts.values()) > 50
    unknown = {name: _unknown_anchors(text) for name, text in texts.items()}
    assert {name: anchors for name, anchors in unknown.items() if anchors} == {}


def test_python_files_reference_sections_by_anchor_and_never_by_number() -> None:
    """The number of a section changes unnoticed when one is added before it."""
    numbered = {_named(path): BY_NUMBER.findall(path.read_text(encoding="utf-8")) for path in PYTHON}
    assert {name: cited for name, cited in numbered.items() if cited} == {}


@pytest.mark.parametrize("page", PAGES[2:], ids=_named)
def test_every_page_can_be_reached_from_the_readme(page: Path) -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        here = waiting.pop()
        reached.add(here)
        linked = {(here.parent / target.partition("#")[0]).resolve() for at, target in LINKS if at == here}
        waiting += [one for one in linked - reached if one.suffix == ".md"]
    assert page in reached


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("*.md")), ids=_named)
def test_a_decision_says_context_choice_cost_and_what_would_change_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Choice", "Cost", "What would change our mind"]
    assert text.startswith(f"# {int(page.name[:4])}. ")


@pytest.fixture(scope="module")
def doors() -> list[re.Pattern[str]]:
    app = create_app(
        database_url="postgresql://nobody@127.0.0.1/none",
        pool_size=1,
        temporal=None,  # pyright: ignore[reportArgumentType] - nothing is asked of it
        token="",
        derms_secret="",
        head_end_secret="",
        temporal_ui_url="",
        acknowledgement_timeout_seconds=1,
    )
    return [re.compile(re.sub(r"\{\w+\}", r"[^/]+", path)) for path in app.openapi()["paths"]]


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_endpoints_on_a_page_exist_in_the_api(page: Path, doors: list[re.Pattern[str]]) -> None:
    named = set(DOOR.findall(page.read_text(encoding="utf-8")))
    assert [door for door in sorted(named) if not any(pattern.fullmatch(door) for pattern in doors)] == []


def test_the_readme_request_is_accepted_by_the_api() -> None:
    (request,) = re.findall(r"<<'END'\n(.*?)\nEND\n", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert EnrollmentApplication.model_validate_json(request).program == "TSTAT-DR"


def test_readme_commands_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
