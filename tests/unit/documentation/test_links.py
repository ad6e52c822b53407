"""README.md and docs/ refer to files, headings, endpoints and commands that exist."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from api.app import create_app
from models.requests.enrollment import EnrollmentApplication
from wording.timeline import TIMELINE_SENTENCES

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    ROOT / "examples/README.md",
    *(ROOT / f"{name}.md" for name in ("CONTRIBUTING", "CHANGELOG", "SECURITY")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
CODE_PATH = re.compile(r"`((?:[\w-]+/)+[\w.-]*|[\w-]+\.py)`")
LINKS = [(page, target) for page in PAGES for target in LINK.findall(page.read_text(encoding="utf-8"))]
ENDPOINT = re.compile(r"/v1/[\w/{}$.-]*[\w}]")
CITATION = re.compile(r"(docs/[\w./-]+\.md)#([\w-]+)")
NUMBERED_CITATION = re.compile(r"\b[A-Z]{4,}\.md \d[\d.]*")
PYTHON = [path for path in ROOT.glob("**/*.py") if not path.relative_to(ROOT).as_posix().startswith(".")]
SOURCES = [
    path
    for pattern in ("*/**/*.py", "*.py", "*.yml", "Makefile", "Dockerfile")
    for path in ROOT.glob(pattern)
    if not path.relative_to(ROOT).as_posix().startswith((".", "tests/"))
]


def _relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("page", "target"), LINKS, ids=[f"{_relative(page)}: {target}" for page, target in LINKS])
def test_the_target_of_a_link_exists(page: Path, target: str) -> None:
    if "://" in target:
        return
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists(), f"{_relative(page)} links to {target}"
    assert not anchor or anchor in _anchors(file), f"{file.name} has no heading for #{anchor}"


def test_pages_that_the_code_cites_exist() -> None:
    cited = {
        name.rstrip(".")
        for path in SOURCES
        for name in re.findall(r"docs/[\w./-]+\.(?:md|json)", path.read_text(encoding="utf-8"))
    }
    assert len(cited) > 4
    assert [name for name in sorted(cited) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_relative)
def test_files_and_folders_that_a_page_names_exist(page: Path) -> None:
    """A name alone counts from the root or beside the page."""
    packages = {path.name for path in ROOT.iterdir() if path.is_dir()}
    named = set(CODE_PATH.findall(page.read_text(encoding="utf-8")))
    ours = [name for name in sorted(named) if name.split("/")[0] in packages or name.endswith(".py")]
    assert [name for name in ours if not (ROOT / name).exists() and not (page.parent / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_relative)
def test_no_label_of_a_diagram_has_a_semicolon(page: Path) -> None:
    """Mermaid ends a statement there, and the page shows an error instead of the diagram."""
    diagrams = re.findall(r"^```mermaid\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert [line for diagram in diagrams for line in diagram.splitlines() if ";" in line] == []


def test_names_in_the_architecture_page_exist_in_the_code() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([A-Za-z]+_\w+|[A-Z]\w+)(?:\.(\w+))?`", page))
    words = {word for path in SOURCES for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
    assert len(names) > 20
    assert [name for pair in sorted(names) for name in pair if name and name not in words] == []


def _unknown_anchors(code: str) -> list[str]:
    return [
        f"{page}#{anchor}"
        for page, anchor in CITATION.findall(code)
        if not (ROOT / page).exists() or anchor not in _anchors(ROOT / page)
    ]


def test_a_citation_of_an_unknown_section_is_found() -> None:
    pages = "docs/" + "operate/run.md", "docs/" + "nowhere.md"
    code = f"(see {pages[0]}#at-night, {pages[0]}#at-noon and {pages[1]}#at-night)"
    assert _unknown_anchors(code) == [f"{pages[0]}#at-noon", f"{pages[1]}#at-night"]


def test_sections_that_python_files_cite_exist() -> None:
    texts = {_relative(path): path.read_text(encoding="utf-8") for path in PYTHON}
    assert sum(len(CITATION.findall(text)) for text in texts.values()) > 50
    unknown = {name: _unknown_anchors(text) for name, text in texts.items()}
    assert {name: anchors for name, anchors in unknown.items() if anchors} == {}


def test_python_files_cite_sections_by_anchor_and_not_by_number() -> None:
    """A new section changes the numbers of the sections after it, and no test can notice."""
    numbered = {_relative(path): NUMBERED_CITATION.findall(path.read_text(encoding="utf-8")) for path in PYTHON}
    assert {name: found for name, found in numbered.items() if found} == {}


@pytest.mark.parametrize("page", PAGES[2:], ids=_relative)
def test_every_page_can_be_reached_from_the_readme(page: Path) -> None:
    reached, pending = set[Path](), [ROOT / "README.md"]
    while pending:
        current = pending.pop()
        reached.add(current)
        linked = {
            (current.parent / target.partition("#")[0]).resolve() for source, target in LINKS if source == current
        }
        pending += [file for file in linked - reached if file.suffix == ".md"]
    assert page in reached


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("*.md")), ids=_relative)
def test_a_decision_has_its_four_sections(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Choice", "Cost", "What would change our mind"]
    assert text.startswith(f"# {int(page.name[:4])}. ")


@pytest.fixture(scope="module")
def endpoints() -> list[re.Pattern[str]]:
    app = create_app(
        database_url="postgresql://nobody@127.0.0.1/none",
        pool_size=1,
        temporal=None,  # pyright: ignore[reportArgumentType] - the application is not started
        token="",
        derms_secret="",
        head_end_secret="",
        temporal_ui_url="",
        acknowledgement_timeout=timedelta(seconds=1),
    )
    return [re.compile(re.sub(r"\{\w+\}", r"[^/]+", path)) for path in app.openapi()["paths"]]


@pytest.mark.parametrize("page", PAGES, ids=_relative)
def test_endpoints_that_a_page_names_exist(page: Path, endpoints: list[re.Pattern[str]]) -> None:
    named = set(ENDPOINT.findall(page.read_text(encoding="utf-8")))
    assert [path for path in sorted(named) if not any(pattern.fullmatch(path) for pattern in endpoints)] == []


def test_the_request_of_the_readme_is_valid() -> None:
    (request,) = re.findall(r"<<'END'\n(.*?)\nEND\n", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert EnrollmentApplication.model_validate_json(request).program == "TSTAT-DR"


def test_the_readme_shows_sentences_of_the_timeline() -> None:
    shown = re.findall(r'"what":"([^"]+)"', (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(shown) > 5
    assert set(shown) <= set(TIMELINE_SENTENCES.values())


def test_the_makefile_has_the_commands_of_the_readme() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
