"""The error of the embedded stack: what went wrong, and what a person can do about it."""


class StackError(Exception):
    """An error that a person sees without a traceback."""

    def __init__(self, what: str, remedy: str, details: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.details = details

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.details, self.remedy) if part)


def choose_remedy(output: str, otherwise: str) -> str:
    """Returns what to do about an error in a program's output. Every program reports a full disk in the same words."""
    return "The disk is full: free some space." if "No space left on device" in output else otherwise
