"""One stack at a time may use the data folder, with data of its version, and space to write."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from stack.data.credentials import load_or_create_credentials
from stack.data.directory import DataDir, explain_os_errors, open_data_dir
from stack.errors import StackError


def test_a_second_stack_on_the_folder_is_refused_with_the_owner(tmp_path: Path) -> None:
    with (
        open_data_dir(tmp_path),
        pytest.raises(StackError, match=rf"already runs .*process {os.getpid()}"),
        open_data_dir(tmp_path),
    ):
        pass


def test_the_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    with open_data_dir(tmp_path):
        pass
    with open_data_dir(tmp_path):
        pass


@pytest.mark.parametrize("newer", [{"format": 2, "postgresql": 18}, {"format": 1, "postgresql": 19}])
def test_data_of_a_newer_version_is_refused(tmp_path: Path, newer: dict[str, int]) -> None:
    (tmp_path / "version.json").write_text(json.dumps(newer))
    with pytest.raises(StackError, match="newer version"), open_data_dir(tmp_path):
        pass


def test_data_of_an_older_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "version.json").write_text('{"format": 1, "postgresql": 16}')
    with pytest.raises(StackError, match="older version"), open_data_dir(tmp_path):
        pass


def test_a_full_disk_is_reported_before_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(StackError, match="disk is full"), open_data_dir(tmp_path):
        pass


def test_a_disk_that_fills_up_during_the_start_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="disk is full"), explain_os_errors(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_an_unwritable_folder_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StackError, match="Cannot use") as refused, open_data_dir(file / "data"):
        pass
    assert "--data-dir" in refused.value.remedy


def test_other_errors_are_raised_unchanged(tmp_path: Path) -> None:
    with pytest.raises(ConnectionRefusedError), explain_os_errors(tmp_path):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody there")


def test_credentials_are_random_stored_and_private(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    first = load_or_create_credentials(data)
    assert load_or_create_credentials(data) == first
    assert len({first.api_token, first.derms_secret, first.head_end_secret, first.postgresql_password}) == 4
    assert data.secrets.stat().st_mode & 0o777 == 0o600
