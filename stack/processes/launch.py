"""Becomes another program, as another user if asked, tied to the life of the process that started it.

Run as a script by stack.process, in place of code between fork and exec, which is unsafe where there are threads.
Arguments: process id of the parent, signal for an orphan, user and group ("-" to stay who we are), the command.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, orphan_signal, user, group, *command = sys.argv[1:]
    # What the stack keeps, histories and logs alike, is for nobody else on this machine.
    os.umask(0o077)
    if user != "-":
        os.setgroups([])
        os.setgid(int(group))
        os.setuid(int(user))
    if sys.platform == "linux":
        # After the change of user, which would undo it. Elsewhere the next start of the stack cleans up.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(orphan_signal))
    if os.getppid() != int(parent):
        sys.exit("the process that started this one has ended")
    try:
        os.execv(command[0], command)  # noqa: S606 - the command is a list that stack.process was given
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
