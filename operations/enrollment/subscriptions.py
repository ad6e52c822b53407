"""Read the subscription of an enrollment and the devices on it."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.states.subscription import RegistrationState, SubscriptionState
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from models.views.subscription import SubscriptionDeviceView
from operations.platform.views import copy_columns


async def get_pending_subscription(session: AsyncSession, enrollment_id: str) -> ProgramSubscription | None:
    """Return the subscription of an enrollment if it still waits for its device."""
    return await session.scalar(
        select(ProgramSubscription).where(
            col(ProgramSubscription.enrollment_id) == enrollment_id,
            col(ProgramSubscription.state) == SubscriptionState.PENDING,
        )
    )


def select_devices(subscription_id: str) -> Select[Device, SubscriptionDevice]:
    """Return the query for the devices that are or were on a subscription, each with its registration there."""
    return (
        select(Device, SubscriptionDevice)
        .join(SubscriptionDevice, col(SubscriptionDevice.device_id) == col(Device.id))
        .where(col(SubscriptionDevice.subscription_id) == subscription_id)
        .order_by(col(Device.id))
    )


def to_subscribed_device(device: Device, registered: SubscriptionDevice) -> SubscriptionDeviceView:
    """Return a device as people see it on its subscription."""
    return SubscriptionDeviceView(**subscribed_device_fields(device, registered))


def subscribed_device_fields(device: Device, registered: SubscriptionDevice) -> dict[str, Any]:
    """Return the same fields, for a view that shows more."""
    return copy_columns(device, SubscriptionDeviceView) | {
        "registration": registered.registration,
        "message": registered.message,
        "controllable": registered.registration is RegistrationState.REGISTERED,
    }
