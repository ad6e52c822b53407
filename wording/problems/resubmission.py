"""One key, one meaning: what is said to whoever uses one again for something else."""

from collections.abc import Iterable

from models.errors import ContentMismatch, Pointer


def content_mismatch(transaction_id: str | None, earlier: Iterable[str | None]) -> ContentMismatch:
    """`earlier`: the transaction ids of the requests that were found under this one, or under its Idempotency-Key."""
    keys = sorted({"/transaction_id" if one == transaction_id else "header/Idempotency-Key" for one in earlier})
    return ContentMismatch(
        "This transaction id or Idempotency-Key was used before for a request with other content.",
        fix="Use a new transaction id and key for a new request; send the same content to repeat one.",
        pointers=[Pointer(key, "used before with other content") for key in keys],
    )
