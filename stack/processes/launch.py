"""Becomes another program, which ends when the process that started it ends; as another user if asked.

`process.py` runs this script, because code between fork and exec is unsafe where there are threads.
Arguments: process id of the parent, signal that ends an orphan, user and group ("-" for the current ones), command.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, orphan_signal, user, group, *command = sys.argv[1:]
    # No other user of this machine may read what the stack keeps, histories and logs alike.
    os.umask(0o077)
    if user != "-":
        os.setgroups([])
        os.setgid(int(group))
        os.setuid(int(user))
    if sys.platform == "linux":
        # The change of user would undo it, so it comes after. On other systems the next start of the stack cleans up.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(orphan_signal))
    if os.getppid() != int(parent):
        sys.exit("the process that started this one has ended")
    try:
        os.execv(command[0], command)  # noqa: S606 - the command is a list, and no shell reads it
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
