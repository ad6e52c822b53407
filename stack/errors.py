"""The one error of the embedded stack: what went wrong and what to do about it, a line each."""


class StackError(Exception):
    """Shown to a person without a traceback."""

    def __init__(self, what: str, remedy: str, details: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.details = details

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.details, self.remedy) if part)


def choose_remedy(output: str, otherwise: str) -> str:
    """A full disk is the one cause that every program reports in the same words."""
    return "The disk is full: free some space." if "No space left on device" in output else otherwise
