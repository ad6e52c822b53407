"""The base class of every catalog entry."""

from datetime import date

from pydantic import model_validator

from models.values import Code, Sentence, Value


class CatalogEntry(Value):
    """What every configuration object has."""

    code: Code
    description: Sentence
    active: bool = True
    effective_from: date | None = None
    effective_to: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "CatalogEntry":
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from")
        return self
