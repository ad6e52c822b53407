"""Each check of tests/codebase_lint.py finds its faults and accepts similar code that is correct."""

import tomllib
from pathlib import Path

import pytest

from tests import codebase_lint as lint

ROOT = Path(__file__).parents[3]

BAD = [
    ("find_commits", "operations/enrollment/enrollments.py", "async def f(session):\n    await session.commit()"),
    ("find_commits", "api/app.py", "def f(request):\n    request.state.session.commit()"),
    ("find_clock_reads", "rules/a.py", "from datetime import datetime\nx = datetime.now()"),
    ("find_clock_reads", "rules/a.py", "import datetime as dt\nx = dt.datetime.utcnow()"),
    ("find_clock_reads", "models/a.py", "from datetime import date as day\nx = day.today()"),
    (
        "find_clock_reads",
        "models/tables/a.py",
        "from datetime import datetime\nx = Field(default_factory=datetime.now)",
    ),
    ("find_clock_reads", "workflows/a.py", "import time\nx = time.time()"),
    ("find_clock_reads", "workflows/a.py", "from time import monotonic\nx = monotonic()"),
    ("find_nondeterministic_imports", "workflows/a.py", "import random"),
    ("find_nondeterministic_imports", "workflows/a.py", "from os import environ"),
    ("find_broad_excepts", "api/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    ("find_broad_excepts", "stack/a.py", "try:\n    f()\nexcept (OSError, BaseException) as error:\n    raise"),
    ("find_broad_excepts", "tests/unit/test_a.py", "try:\n    f()\nexcept:\n    pass"),
    ("find_broad_excepts", "cli/a.py", "import contextlib\nwith contextlib.suppress(Exception):\n    f()"),
    ("find_inline_policies", "workflows/enroll.py", "from temporalio.common import RetryPolicy\nx = RetryPolicy()"),
    ("find_inline_policies", "relay/a.py", "from temporalio import common\nx = common.RetryPolicy(maximum_attempts=1)"),
    ("find_star_imports", "rules/a.py", "from models.values import *"),
    ("find_hidden_imports", "rules/a.py", "def f():\n    import json"),
    (
        "find_hidden_imports",
        "api/a.py",
        "class A:\n    async def f(self):\n        if self:\n            from json import loads",
    ),
    ("find_sleeps", "tests/unit/test_a.py", "import time\ntime.sleep(1)"),
    ("find_sleeps", "tests/workflow/test_a.py", "from asyncio import sleep\nasync def f():\n    await sleep(1)"),
    ("find_long_files", "rules/a.py", "x = 1\n" * (lint.MAX_LINES + 1)),
    ("find_long_files", "tests/unit/test_a.py", "x = 1\n" * (lint.MAX_LINES + 1)),
    ("find_vague_names", "api/utils.py", ""),
    ("find_vague_names", "api/common/a.py", ""),
    ("find_vague_names", "models/base.py", ""),
    ("find_filled_inits", "models/__init__.py", '"""What exists."""'),
    ("find_filled_inits", "models/tables/__init__.py", "from models.tables.customer import Customer"),
    ("find_endpoint_paths", "operations/a.py", 'x = f"/v1/work-orders/{id}"'),
    ("find_refused_words", "rules/a.py", '"""Open the door."""'),
    ("find_worker_imports", "worker.py", "from api.app import create_app"),
    ("find_worker_imports", "worker.py", "import simulator.shared.store"),
]

GOOD = [
    ("operations/platform/database.py", "async def f(session):\n    await session.commit()"),
    ("operations/a.py", "from datetime import UTC, datetime\nx = datetime.now(UTC)"),
    ("workflows/a.py", "from temporalio import workflow\nx = workflow.now()"),
    ("workflows/a.py", "import asyncio\nfrom datetime import timedelta"),
    ("wording/links.py", 'WORK_ORDERS = "/v1/work-orders"'),
    ("connectors/a.py", '"""POST /v1/derms/acknowledgements takes them."""'),
    ("api/routes/a.py", 'PATH = "/v1/work-orders"'),
    ("rules/a.py", "def f(event):\n    return event.time.time, event.today"),
    ("workflows/policies.py", "from temporalio.common import RetryPolicy\nx = RetryPolicy()"),
    ("simulator/shared/store.py", "try:\n    f()\nexcept BaseException:\n    raise"),
    ("api/a.py", "try:\n    f()\nexcept (ValueError, OSError):\n    pass"),
    ("stack/a.py", "import time\ntime.sleep(1)"),
    ("api/__init__.py", '"""The API."""'),
    ("models/a.py", "x = 1\n" * lint.MAX_LINES),
    ("models/database.py", ""),
    ("worker.py", "from workflows.enroll import Enroll\nfrom relay import relay"),
]


def faults_of(root: Path, path: str, text: str) -> list[tuple[str, str, int]]:
    """Return (check, path, line) of each fault in a project that has only this file, in folders that are packages."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    for folder in Path(path).parents[:-1] if path.split("/")[0] != "tests" else ():
        (root / folder / "__init__.py").touch()
    file.write_text(text)
    source = lint.Source(root, file)
    return [(check.__name__, fault.path, fault.line) for check in lint.CHECKS for fault in check(source)]


@pytest.mark.parametrize(("check", "path", "text"), BAD)
def test_exactly_one_check_finds_the_fault(tmp_path: Path, check: str, path: str, text: str) -> None:
    found = faults_of(tmp_path, path, text)
    assert [(name, where) for name, where, _ in found] == [(check, path)]


@pytest.mark.parametrize(("path", "text"), GOOD)
def test_similar_correct_code_has_no_fault(tmp_path: Path, path: str, text: str) -> None:
    assert faults_of(tmp_path, path, text) == []


@pytest.mark.parametrize("missing", ["rules/__init__.py", "rules/inner/__init__.py"])
def test_a_source_folder_without_init_is_a_fault(tmp_path: Path, missing: str) -> None:
    faults_of(tmp_path, "rules/inner/a.py", "")
    (tmp_path / missing).unlink()
    assert {fault.path for fault in lint.find_faults(tmp_path)} >= {"rules/inner/a.py"}


@pytest.mark.parametrize("count", [15, 16])
def test_a_folder_with_more_than_fifteen_files_is_a_fault(tmp_path: Path, count: int) -> None:
    for number in range(count):
        faults_of(tmp_path, f"rules/inner/a{number}.py", "")
    found = lint.find_faults(tmp_path)
    assert [fault.path for fault in found] == (["rules/inner"] if count > lint.MAX_FILES else [])


def test_recorded_data_and_inits_do_not_count_as_files(tmp_path: Path) -> None:
    faults_of(tmp_path, "tests/replay/test_replay.py", "")
    for number in range(30):
        (tmp_path / f"tests/replay/{number}.json").touch()
    for number in range(15):
        faults_of(tmp_path, f"rules/a{number}.py", "")
    assert lint.find_faults(tmp_path) == []


def test_a_refused_word_on_a_page_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("# Page\n\nThe DERMS is told.\n")
    assert [(fault.path, fault.line) for fault in lint.find_faults(tmp_path)] == [("docs/page.md", 3)]


def test_migrations_need_no_init(tmp_path: Path) -> None:
    (tmp_path / "migrations/versions").mkdir(parents=True)
    (tmp_path / "migrations/__init__.py").touch()
    (tmp_path / "migrations/versions/0001_first.py").touch()
    assert lint.find_faults(tmp_path) == []


def test_every_check_has_a_bad_example() -> None:
    assert {check.__name__ for check in lint.CHECKS} == {check for check, _, _ in BAD} | {"find_missing_inits"}


def test_a_fault_is_printed_with_path_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faults_of(tmp_path, "rules/a.py", "def f():\n    import json")
    monkeypatch.setattr(lint, "__file__", str(tmp_path / "tests/codebase_lint.py"))
    assert lint.main() == 1
    assert capsys.readouterr().out.startswith("rules/a.py:2: imports inside a function")


def test_a_project_without_faults_prints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faults_of(tmp_path, "rules/a.py", "import json")
    monkeypatch.setattr(lint, "__file__", str(tmp_path / "tests/codebase_lint.py"))
    assert (lint.main(), capsys.readouterr().out) == (0, "")


def test_every_exception_has_a_reason_and_a_file() -> None:
    for path, reason in (lint.MAY_CATCH_ALL | lint.MAY_NAME_ENDPOINTS | lint.OUTSIDE_PACKAGES).items():
        assert (ROOT / path).exists(), path
        assert len(reason.split()) > 3, path


def _top_level_packages() -> set[str]:
    folders = (path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))
    return {path.name for path in folders if any(path.rglob("*.py"))} - {"tests", "examples"}


def test_every_top_level_package_is_checked_by_the_import_linter() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(pyproject["tool"]["importlinter"]["root_packages"]) == _top_level_packages()


def test_every_top_level_package_is_checked_by_this_lint() -> None:
    assert set(lint.SOURCES) == _top_level_packages()


def test_the_worker_is_the_only_single_file() -> None:
    assert [path.name for path in ROOT.glob("*.py")] == ["worker.py"]


def test_no_test_folder_is_named_like_a_package() -> None:
    folders = {path.name for path in (ROOT / "tests").rglob("*") if path.is_dir()}
    assert not folders & _top_level_packages()
    assert not list((ROOT / "tests").rglob("__init__.py"))
