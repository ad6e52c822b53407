"""How workflows take signals: each is read by one function, and what cannot be read is kept where people see it."""

import asyncio
import hashlib
import inspect
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.signals import SignalActivities
    from models.messages.message import Message
    from models.messages.signals import UnreadableSignal
    from workflows import policies

M = TypeVar("M", bound=Message)

_UNREADABLE_SIGNALS_ARE_STORED = "signals-that-cannot-be-read-are-kept"
_MAX_STORED_BYTES = 64 * 1024
_MAX_REMEMBERED = 1000
_HANDLER_SIGNATURE = inspect.Signature(
    [
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter("value", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=RawValue),
    ]
)


def parse_input(kind: type[M], message: Any) -> M:
    """Returns what the workflow was started with.

    Raises:
        ApplicationError: it cannot be read, and trying again would not help; the workflow fails.
    """
    try:
        return kind.model_validate(message)
    except ValidationError as error:
        why = f"The workflow cannot be started with this: {describe_validation_error(error)}"
        raise ApplicationError(why, type="ValidationError", non_retryable=True) from None


def describe_validation_error(error: ValidationError) -> str:
    """Returns where a message is wrong and how, without the values: they may be personal data."""
    faults = [f"{'/'.join(map(str, one['loc'])) or 'message'}: {one['type']}" for one in error.errors()[:5]]
    return "; ".join(faults)[:500]


class SignalReader:
    """Part of a workflow: reads what is signaled, and sees to it that what cannot be read is kept."""

    def __init__(self) -> None:
        self._storing: list[asyncio.Task[None]] = []

    def read(self, kind: type[M], name: str, values: Sequence[Any]) -> M | None:
        """Returns the message, or None if it cannot be read; then it is being kept."""
        try:
            (value,) = values
            return kind.model_validate(_decode(value))
        except ValidationError as error:
            why = describe_validation_error(error)
        except Exception as error:  # whatever a stranger has sent
            why = f"it is not one JSON document ({type(error).__name__})"
        self.store_unreadable(name, values, why)
        return None

    def store_unreadable(self, name: str, values: Sequence[Any], why: str) -> None:
        """Has a signal kept that cannot be read."""
        workflow.logger.warning("the signal %s cannot be read: %s", name, why)
        # Workflows that got one before this was so have dropped it.
        if workflow.patched(_UNREADABLE_SIGNALS_ARE_STORED):
            payload, why = _limit_payload(values, why)
            workflow_id = workflow.info().workflow_id
            signal = UnreadableSignal(workflow_id=workflow_id, name=name, payload=payload, error=why)
            self._storing.append(asyncio.create_task(_store_unreadable(signal)))

    async def wait_until_handled(self) -> None:
        """Waits until every signal is dealt with, whoever cancels meanwhile; a workflow ends after that."""
        await workflow.wait_condition(lambda: self._all_stored() and workflow.all_handlers_finished())

    def _all_stored(self) -> bool:
        """Whether nothing is being kept any more; a fault of ours in that comes out here."""
        for task in self._storing:
            if task.done():
                task.result()
        return all(task.done() for task in self._storing)


class HasSignals(Protocol):
    """A workflow whose signals are read by one function."""

    signals: SignalReader


W = TypeVar("W", bound=HasSignals)


def handles_signal(
    name: str, kind: type[M], description: str
) -> Callable[[Callable[[W, M], None]], Callable[..., None]]:
    """Makes a method the handler of a signal; it is called with what could be read."""

    def decorate(handle: Callable[[W, M], None]) -> Callable[..., None]:
        # Any number of values: with none or two the SDK would fail each of the workflow's tasks from then on.
        def take(self: W, *values: Any) -> None:
            if (message := self.signals.read(kind, name, values)) is not None:
                handle(self, message)

        take.__name__, take.__qualname__, take.__doc__ = handle.__name__, handle.__qualname__, handle.__doc__
        # The SDK decodes what this says: one value, as it came.
        take.__signature__ = _HANDLER_SIGNATURE  # pyright: ignore[reportFunctionMemberAccess]
        take.__annotations__ = {"value": RawValue}
        return workflow.signal(name=name, description=description)(take)

    return decorate


async def _store_unreadable(signal: UnreadableSignal) -> None:
    await retry_until_done(
        lambda: workflow.execute_local_activity_method(
            SignalActivities.store_unreadable_signal,
            signal,
            summary=f"keep {signal.name}, which cannot be read",
            **policies.OWN_DATABASE,
        )
    )


async def retry_until_done(step: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Does a step on our own record that nothing else waits for; while it fails, it is tried again by itself."""
    while True:
        try:
            return await step()
        except FailureError as error:
            workflow.logger.warning("a step on our own record failed: %s", error)
        await workflow.sleep(policies.AUTOMATIC_RETRY_INTERVAL, summary="try again by itself")


def _decode(value: Any) -> Any:
    return workflow.payload_converter().from_payload(value.payload) if isinstance(value, RawValue) else value


def _limit_payload(values: Sequence[Any], why: str) -> tuple[Any, str]:
    """What is kept of the values, and why they cannot be read."""
    size = sum(value.payload.ByteSize() if isinstance(value, RawValue) else len(str(value)) for value in values)
    if size > _MAX_STORED_BYTES:
        return None, f"{why}; its {size} bytes are too many to be kept here and are in the workflow's history alone"
    try:
        decoded = [_decode(value) for value in values]
    except Exception:  # whatever a stranger has sent
        return None, why
    return decoded[0] if len(decoded) == 1 else decoded, why


class MessageDeduplicator:
    """Remembers the last messages of a kind, by what tells them apart, so that the same one twice counts once."""

    def __init__(self) -> None:
        self._digests: dict[str, None] = {}

    def is_new(self, identity: str) -> bool:
        """Returns whether it was not seen before, and remembers it."""
        digest = hashlib.sha256(identity.encode()).hexdigest()
        if digest in self._digests:
            return False
        self._digests[digest] = None
        if len(self._digests) > _MAX_REMEMBERED:
            del self._digests[next(iter(self._digests))]
        return True
