"""Every table in one place, so that migrations and tests see the whole schema. Import it for its `metadata`."""

from sqlmodel import SQLModel

from models.tables import audit, catalog, customer, enrollment, messages, subscription, sync_request

TABLES = (audit, catalog, customer, enrollment, messages, subscription, sync_request)
metadata = SQLModel.metadata
