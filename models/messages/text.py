"""Text in a history: it is kept for as long as the history is, so it never gets long."""

from typing import Annotated, Any

from pydantic import BeforeValidator

MAXIMUM_LENGTH = 1000


def shorten(text: Any) -> Any:
    """Returns the text, cut to the length that a history takes. Anything else is left for validation to judge."""
    if isinstance(text, str) and len(text) > MAXIMUM_LENGTH:
        return f"{text[: MAXIMUM_LENGTH - 1]}…"
    return text


Text = Annotated[str, BeforeValidator(shorten)]
"""A text that is cut where it is too long. It is never refused: an older release may have written a longer one."""
