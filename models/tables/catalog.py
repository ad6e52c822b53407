"""Applied catalogs, immutable and numbered, and the used capacity of each program."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from models.tables.columns import TableRow, json_column, power_column, primary_key_column, text_column, timestamp_column


class CatalogVersion(TableRow, table=True):
    """One applied catalog. An enrollment keeps the version in force at its submission."""

    __tablename__ = "catalog_version"

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    content: Any = Field(sa_column=json_column())
    content_hash: str = Field(sa_column=text_column())
    applied_at: datetime = Field(sa_column=timestamp_column())
    applied_by: str = Field(sa_column=text_column())


class ProgramCapacity(TableRow, table=True):
    """What a program holds and may hold. The checks are what two racing requests cannot get past."""

    __tablename__ = "program_capacity"

    program: str = Field(sa_column=primary_key_column())
    maximum_customers: int | None = None
    maximum_devices: int | None = None
    maximum_kw: Decimal | None = Field(default=None, sa_column=power_column(nullable=True))
    customers: int = 0
    devices: int = 0
    kw: Decimal = Field(default=Decimal(0), sa_column=power_column())

    __table_args__ = (
        CheckConstraint("customers >= 0 AND devices >= 0 AND kw >= 0", name="program_capacity_not_negative"),
        CheckConstraint(
            "customers <= maximum_customers AND devices <= maximum_devices AND kw <= maximum_kw",
            name="program_capacity_not_overfilled",
        ),
    )
