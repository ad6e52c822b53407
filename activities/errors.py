"""Maps the house's errors to Temporal's, once, around every activity: what is retried and what is not."""

from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from models.errors import GridenrollError, OutcomeUnknown, Unavailable


class ErrorMapping(Interceptor):
    """Install it on the worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wraps every activity."""
        return _Mapped(next)


class _Mapped(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Runs the activity; our errors come out with their code as type. Any other is a fault of ours and retried."""
        try:
            return await super().execute_activity(input)
        except GridenrollError as error:
            retried = isinstance(error, Unavailable | OutcomeUnknown)
            raise ApplicationError(error.detail, type=error.code, non_retryable=not retried) from error
