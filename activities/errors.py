"""Maps the house's errors to Temporal's, once, around every activity: what is retried and what is not."""

import asyncio
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from models.errors import GridenrollError, OutcomeUnknown, Unavailable
from models.messages.text import shorten


class ErrorMapping(Interceptor):
    """Install it on the worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wraps every activity."""
        return _ErrorMappingInterceptor(next)


class _ErrorMappingInterceptor(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Runs the activity; our errors come out with their code as type. Any other is a fault of ours and retried.

        What comes out is kept in the history: a short text, and nothing of the error's cause, which may hold whole
        statements with what they were given.
        """
        try:
            return await super().execute_activity(input)
        except GridenrollError as error:
            retried = isinstance(error, Unavailable | OutcomeUnknown)
            told = ApplicationError(shorten(error.detail), type=error.code, non_retryable=not retried)
            raise told.with_traceback(error.__traceback__) from None
        except (ApplicationError, asyncio.CancelledError):
            raise
        except Exception as error:
            activity.logger.exception("a fault of ours")
            first_line = str(error).partition("\n")[0]
            told = ApplicationError(shorten(first_line), type=type(error).__name__)
            raise told.with_traceback(error.__traceback__) from None
