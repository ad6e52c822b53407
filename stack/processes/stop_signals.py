"""Turns Ctrl-C and other stop signals into a condition that a loop can check and wait for, without a thread."""

import os
import select
import signal
import types
from contextlib import AbstractContextManager
from typing import Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals(AbstractContextManager["StopSignals"]):
    """Counts the requests to stop while its block lasts. The end of a child process ends a wait as well."""

    def __init__(self) -> None:
        self.request_count = 0
        self._previous_handlers: dict[signal.Signals, object] = {}

    @property
    def is_stop_requested(self) -> bool:
        return self.request_count > 0

    @property
    def is_fast_stop_requested(self) -> bool:
        return self.request_count > 1

    def __enter__(self) -> Self:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)
        self._previous_wakeup_fd = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            # Under nohup the stack goes on when the terminal closes.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                self._previous_handlers[number] = signal.signal(number, self._count_request)
        self._previous_handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _ignore)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]
        signal.set_wakeup_fd(self._previous_wakeup_fd)
        os.close(self._read_end)
        os.close(self._write_end)

    def wait(self, seconds: float) -> None:
        """Waits until a signal comes or the time is up."""
        if select.select([self._read_end], [], [], max(0.0, seconds))[0]:
            os.read(self._read_end, 4096)

    def _count_request(self, _number: int, _frame: types.FrameType | None) -> None:
        self.request_count += 1


def _ignore(_number: int, _frame: types.FrameType | None) -> None:
    """Does nothing: the signal only has to end the wait."""
