"""Maps our errors to those of Temporal, in one place around every activity: which are retried and which are not."""

import asyncio
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from models.errors import GridenrollError, OutcomeUnknown, Unavailable
from models.messages.text import shorten


class ErrorMapping(Interceptor):
    """The interceptor that the worker installs."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap every activity."""
        return _ErrorMappingInterceptor(next)


class _ErrorMappingInterceptor(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Run the activity. Our errors are raised with their code as type; any other error is a bug and is retried.

        The history keeps what is raised: a short text, and nothing of the cause, which may hold whole SQL statements
        with their parameters.
        """
        try:
            return await super().execute_activity(input)
        except GridenrollError as error:
            retried = isinstance(error, Unavailable | OutcomeUnknown)
            mapped = ApplicationError(shorten(error.detail), type=error.code, non_retryable=not retried)
            raise mapped.with_traceback(error.__traceback__) from None
        except (ApplicationError, asyncio.CancelledError):
            raise
        except Exception as error:
            activity.logger.exception("an activity failed unexpectedly")
            first_line = str(error).partition("\n")[0]
            mapped = ApplicationError(shorten(first_line), type=type(error).__name__)
            raise mapped.with_traceback(error.__traceback__) from None
