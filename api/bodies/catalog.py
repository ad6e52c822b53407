"""The bodies of the catalog endpoints."""

from pydantic import BaseModel

from models.catalog.catalog import Catalog


class CatalogView(BaseModel):
    """The catalog in force. Version 0 is the empty catalog before the first one."""

    version: int
    catalog: Catalog
