"""What all tables share: the base class and the column types."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar, cast

from pydantic import BaseModel, JsonValue
from sqlalchemy import Column, Computed, DateTime, Dialect, Enum, ForeignKey, Numeric, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import SQLModel


class TableRow(SQLModel):
    """A row of a table that is named by `__tablename__`, always written out."""

    # SQLModel would also take a function here, and declares so; a plain name is what its own documentation sets.
    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride, reportIncompatibleMethodOverride]


V = TypeVar("V", bound=BaseModel)
Json = Mapping[str, JsonValue] | Sequence[JsonValue]


def _enum_values(kind: type[StrEnum]) -> list[str]:
    return [str(member.value) for member in kind]


def enum_column(kind: type[StrEnum], *, index: bool = False) -> Column[StrEnum]:
    """Text that the database checks to be a member of the enum."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).lstrip("_")
    column_type = Enum(
        kind, native_enum=False, create_constraint=True, values_callable=_enum_values, length=40, name=f"{name}_known"
    )
    return cast("Column[StrEnum]", Column(column_type, nullable=False, index=index))


def timestamp_column(*, nullable: bool = False, index: bool = False) -> Column[datetime]:
    """A timestamptz."""
    return Column(DateTime(timezone=True), nullable=nullable, index=index)


def json_column(*, nullable: bool = False) -> Column[Any]:
    """A jsonb document."""
    return Column(JSONB(none_as_null=True), nullable=nullable)


class ValueList(TypeDecorator[tuple[V, ...]], Generic[V]):
    """A jsonb array whose elements are read as values of one type."""

    impl = JSONB
    cache_ok = True

    def __init__(self, kind: type[V]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Sequence[V] | None, dialect: Dialect) -> Any:
        return None if value is None else [one.model_dump(mode="json") for one in value]

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[V, ...] | None:
        return None if value is None else tuple(self.kind.model_validate(one) for one in value)


def value_list_column(kind: type[V]) -> Column[tuple[V, ...]]:
    """A jsonb array of values of this type."""
    return Column(ValueList(kind), nullable=False)


def power_column(*, nullable: bool = False) -> Column[Any]:
    """kW or kWh with three decimals."""
    return Column(Numeric(14, 3), nullable=nullable)


def text_column(*, unique: bool = False, nullable: bool = False, index: bool = False) -> Column[str]:
    """Text of any length; lengths are the models' business."""
    return Column(Text, unique=unique, nullable=nullable, index=index)


def foreign_key_column(target: str, *, nullable: bool = False, index: bool = False) -> Column[str]:
    """A foreign key to `table.column`."""
    return Column(Text, ForeignKey(target), nullable=nullable, index=index)


def primary_key_column(*, references: str | None = None) -> Column[str]:
    """A primary key of text, or a part of one; perhaps another table's."""
    return Column(Text, *([ForeignKey(references)] if references else []), primary_key=True)


def search_column(expression: str) -> Column[Any]:
    """The words of an SQL expression, kept by the database itself."""
    words = f"to_tsvector('simple'::regconfig, {expression})"
    return Column(TSVECTOR, Computed(words, persisted=True), nullable=True)
