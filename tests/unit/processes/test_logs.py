"""The traceback of an error is logged as text, whichever library logs it."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from cli.processes.logging_setup import configure_logging


@pytest.fixture(autouse=True)
def left_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize("log", [logging.getLogger("temporalio.activity"), structlog.get_logger()], ids=["std", "ours"])
def test_a_traceback_is_text(log: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "info")
    try:
        raise ValueError("the cause")
    except ValueError:
        log.exception("a fault")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "a fault"
    assert "Traceback" in line["exception"]
    assert "ValueError: the cause" in line["exception"]
