"""What every table starts from."""

from typing import ClassVar

from sqlmodel import SQLModel


class TableRow(SQLModel):
    """A row of a table that is named by `__tablename__`, always written out."""

    # SQLModel would also take a function here, and declares so; a plain name is what its own documentation sets.
    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride, reportIncompatibleMethodOverride]
