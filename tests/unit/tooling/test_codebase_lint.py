"""Each check of tests/codebase_lint.py catches its bad examples, and accepts what only looks like them."""

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("house", ROOT / "tests/codebase_lint.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


house = _loaded()

BAD = [
    ("commits", "operations/enrollment/enrollments.py", "async def f(session):\n    await session.commit()"),
    ("commits", "api/app.py", "def f(request):\n    request.state.session.commit()"),
    ("bare_clocks", "rules/a.py", "from datetime import datetime\nx = datetime.now()"),
    ("bare_clocks", "rules/a.py", "import datetime as dt\nx = dt.datetime.utcnow()"),
    ("bare_clocks", "models/a.py", "from datetime import date as day\nx = day.today()"),
    ("bare_clocks", "models/tables/a.py", "from datetime import datetime\nx = Field(default_factory=datetime.now)"),
    ("bare_clocks", "workflows/a.py", "import time\nx = time.time()"),
    ("bare_clocks", "workflows/a.py", "from time import monotonic\nx = monotonic()"),
    ("unrepeatable_flows", "workflows/a.py", "import random"),
    ("unrepeatable_flows", "workflows/a.py", "from os import environ"),
    ("broad_excepts", "api/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    ("broad_excepts", "stack/a.py", "try:\n    f()\nexcept (OSError, BaseException) as error:\n    raise"),
    ("broad_excepts", "tests/unit/test_a.py", "try:\n    f()\nexcept:\n    pass"),
    ("broad_excepts", "cli/a.py", "import contextlib\nwith contextlib.suppress(Exception):\n    f()"),
    ("inline_policies", "workflows/enroll.py", "from temporalio.common import RetryPolicy\nx = RetryPolicy()"),
    ("inline_policies", "relay/a.py", "from temporalio import common\nx = common.RetryPolicy(maximum_attempts=1)"),
    ("star_imports", "rules/a.py", "from models.values import *"),
    ("hidden_imports", "rules/a.py", "def f():\n    import json"),
    (
        "hidden_imports",
        "api/a.py",
        "class A:\n    async def f(self):\n        if self:\n            from json import loads",
    ),
    ("sleeping_tests", "tests/unit/test_a.py", "import time\ntime.sleep(1)"),
    ("sleeping_tests", "tests/workflow/test_a.py", "from asyncio import sleep\nasync def f():\n    await sleep(1)"),
    ("long_files", "rules/a.py", "x = 1\n" * 401),
    ("long_files", "tests/unit/test_a.py", "x = 1\n" * 401),
    ("collecting_names", "api/utils.py", ""),
    ("collecting_names", "api/common/a.py", ""),
    ("collecting_names", "models/base.py", ""),
    ("full_models_inits", "models/__init__.py", '"""What exists."""'),
    ("full_models_inits", "models/tables/__init__.py", "from models.tables.customer import Customer"),
    ("worker_imports", "worker.py", "from api.app import create_app"),
    ("worker_imports", "worker.py", "import simulator.shared.store"),
]

GOOD = [
    ("operations/platform/database.py", "async def f(session):\n    await session.commit()"),
    ("operations/a.py", "from datetime import UTC, datetime\nx = datetime.now(UTC)"),
    ("workflows/a.py", "from temporalio import workflow\nx = workflow.now()"),
    ("workflows/a.py", "import asyncio\nfrom datetime import timedelta"),
    ("rules/a.py", "def f(event):\n    return event.time.time, event.today"),
    ("workflows/policies.py", "from temporalio.common import RetryPolicy\nx = RetryPolicy()"),
    ("simulator/shared/store.py", "try:\n    f()\nexcept BaseException:\n    raise"),
    ("api/a.py", "try:\n    f()\nexcept (ValueError, OSError):\n    pass"),
    ("stack/a.py", "import time\ntime.sleep(1)"),
    ("api/__init__.py", '"""The API."""'),
    ("models/a.py", "x = 1\n" * 400),
    ("models/database.py", ""),
    ("worker.py", "from workflows.enroll import Enroll\nfrom relay import relay"),
]


def faults_of(root: Path, path: str, text: str) -> list[tuple[str, str, int]]:
    """Return (check, path, line) of each violation in a codebase with that one file, in folders that are packages."""
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    for folder in Path(path).parents[:-1] if path.split("/")[0] != "tests" else ():
        (root / folder / "__init__.py").touch()
    place.write_text(text)
    source = house.Source(root, place)
    return [(check.__name__, fault.path, fault.line) for check in house.CHECKS for fault in check(source)]


@pytest.mark.parametrize(("check", "path", "text"), BAD)
def test_a_bad_example_fails_exactly_its_check(tmp_path: Path, check: str, path: str, text: str) -> None:
    caught = faults_of(tmp_path, path, text)
    assert [(name, place) for name, place, _ in caught] == [(check, path)]


@pytest.mark.parametrize(("path", "text"), GOOD)
def test_a_good_example_passes(tmp_path: Path, path: str, text: str) -> None:
    assert faults_of(tmp_path, path, text) == []


@pytest.mark.parametrize("missing", ["rules/__init__.py", "rules/inner/__init__.py"])
def test_a_source_folder_without_init_is_reported(tmp_path: Path, missing: str) -> None:
    faults_of(tmp_path, "rules/inner/a.py", "")
    (tmp_path / missing).unlink()
    assert {fault.path for fault in house.find_faults(tmp_path)} >= {"rules/inner/a.py"}


def test_migrations_are_loaded_by_path_and_need_no_init(tmp_path: Path) -> None:
    (tmp_path / "migrations/versions").mkdir(parents=True)
    (tmp_path / "migrations/__init__.py").touch()
    (tmp_path / "migrations/versions/0001_first.py").touch()
    assert house.find_faults(tmp_path) == []


def test_every_check_has_a_bad_example() -> None:
    assert {check.__name__ for check in house.CHECKS} == {check for check, _, _ in BAD} | {"missing_inits"}


def test_faults_are_printed_with_their_location(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faults_of(tmp_path, "rules/a.py", "def f():\n    import json")
    monkeypatch.setattr(house, "__file__", str(tmp_path / "tests/codebase_lint.py"))
    assert house.main() == 1
    assert capsys.readouterr().out.startswith("rules/a.py:2: an import inside a function")


def test_a_clean_codebase_prints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faults_of(tmp_path, "rules/a.py", "import json")
    monkeypatch.setattr(house, "__file__", str(tmp_path / "tests/codebase_lint.py"))
    assert (house.main(), capsys.readouterr().out) == (0, "")


def test_every_exception_has_a_reason_and_a_file() -> None:
    for path, reason in (house.MAY_CATCH_ALL | house.OUTSIDE_PACKAGES).items():
        assert (ROOT / path).exists(), path
        assert len(reason.split()) > 3, path


def _top_level_packages() -> set[str]:
    folders = (path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))
    return {path.name for path in folders if any(path.rglob("*.py"))} - {"tests", "examples"}


def test_every_top_level_package_is_checked_by_the_import_linter() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(pyproject["tool"]["importlinter"]["root_packages"]) == _top_level_packages()


def test_every_top_level_package_is_checked_by_the_codebase_lint() -> None:
    assert set(house.SOURCES) == _top_level_packages()


def test_the_worker_is_the_only_single_file() -> None:
    assert [path.name for path in ROOT.glob("*.py")] == ["worker.py"]


def test_no_test_folder_is_named_like_a_package() -> None:
    folders = {path.name for path in (ROOT / "tests").rglob("*") if path.is_dir()}
    assert not folders & _top_level_packages()
    assert not list((ROOT / "tests").rglob("__init__.py"))
