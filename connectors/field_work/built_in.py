"""The built-in field desk: the orders are in our own tables, where technicians see them through the API."""

from connectors.field_work.protocol import DispatchOrder


class BuiltInFieldWork:
    """Takes every order at once: who looks at the list of work orders sees it."""

    async def dispatch(self, order: DispatchOrder) -> str:
        """The desk's reference is the order's number."""
        return f"desk/{order.number}"
