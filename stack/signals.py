"""Ctrl-C and its kin turned into something a loop can ask for and wait on, without a thread."""

import os
import select
import signal
import types
from contextlib import AbstractContextManager
from typing import Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals(AbstractContextManager["Signals"]):
    """Counts requests to stop; the end of a child wakes a wait as well."""

    def __init__(self) -> None:
        self.requests = 0
        self._before: dict[signal.Signals, object] = {}

    @property
    def stopping(self) -> bool:
        return self.requests > 0

    @property
    def hurrying(self) -> bool:
        return self.requests > 1

    def __enter__(self) -> Self:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)
        self._fd_before = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            # nohup means: go on when the terminal closes.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._request)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _noticed)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]
        signal.set_wakeup_fd(self._fd_before)
        os.close(self._read_end)
        os.close(self._write_end)

    def wait(self, seconds: float) -> None:
        """Until something happens, or the time is up."""
        if select.select([self._read_end], [], [], max(0.0, seconds))[0]:
            os.read(self._read_end, 4096)

    def _request(self, _number: int, _frame: types.FrameType | None) -> None:
        self.requests += 1


def _noticed(_number: int, _frame: types.FrameType | None) -> None:
    """The wake-up is all we want of it."""
