"""`make env` does what is needed, once."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A copy of the repository with an environment."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("bin/python", ".runtime-installed"):
        (tmp_path / ".venv" / name).touch()
    return tmp_path


def _would_run(folder: Path) -> str:
    asked = subprocess.run(["make", "--dry-run", "env"], cwd=folder, capture_output=True, text=True, check=True)
    return asked.stdout


def test_make_env_does_nothing_when_nothing_changed(made: Path) -> None:
    assert "pip" not in _would_run(made)


@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_make_env_reinstalls_changed_requirements(made: Path, changed: str) -> None:
    later = (made / ".venv" / ".runtime-installed").stat().st_mtime + 1
    os.utime(made / changed, (later, later))
    assert "--require-hashes -r requirements.txt" in _would_run(made)
