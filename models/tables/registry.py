"""Every table in one place, so that migrations and tests see the whole schema. Import it for its `metadata`."""

from sqlmodel import SQLModel

from models.tables import (
    audit,
    batch_run,
    catalog,
    customer,
    device_setup,
    enrollment,
    messages,
    process_flow,
    service_call,
    subscription,
    sync_request,
    unenrollment,
    work_order,
)

TABLES = (
    audit,
    batch_run,
    catalog,
    customer,
    device_setup,
    enrollment,
    messages,
    process_flow,
    service_call,
    subscription,
    sync_request,
    unenrollment,
    work_order,
)
metadata = SQLModel.metadata
