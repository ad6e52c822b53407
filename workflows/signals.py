"""How workflows take signals: one function reads each, and what it cannot read is stored where people see it."""

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.signals import SignalActivities
    from models.messages.message import Message
    from models.messages.signals import UnreadableSignal
    from workflows.record import retry_until_done

M = TypeVar("M", bound=Message)

_UNREADABLE_SIGNALS_ARE_STORED = "signals-that-cannot-be-read-are-kept"
_MAX_STORED_BYTES = 64 * 1024
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
    faults = [f"{'/'.join(map(str, fault['loc'])) or 'message'}: {fault['type']}" for fault in error.errors()[:5]]
    return "; ".join(faults)[:500]


class SignalReader:
    """Reads the signals of a workflow, and has those stored that cannot be read."""

    def __init__(self) -> None:
        self._storing: list[asyncio.Task[None]] = []

    def read(self, kind: type[M], name: str, values: Sequence[Any]) -> M | None:
        """Returns the message, or None if it cannot be read; then it is stored."""
        try:
            (value,) = values
            return kind.model_validate(_decode(value))
        except ValidationError as error:
            why = describe_validation_error(error)
        except Exception as error:  # anybody may send a workflow anything
            why = f"it is not one JSON document ({type(error).__name__})"
        self.store_unreadable(name, values, why)
        return None

    def store_unreadable(self, name: str, values: Sequence[Any], why: str) -> None:
        """Stores a signal that cannot be read, beside whatever the workflow does."""
        workflow.logger.warning("the signal %s cannot be read: %s", name, why)
        # Earlier releases dropped such a signal, and their histories have to replay.
        if workflow.patched(_UNREADABLE_SIGNALS_ARE_STORED):
            payload, why = _limit_payload(values, why)
            workflow_id = workflow.info().workflow_id
            signal = UnreadableSignal(workflow_id=workflow_id, name=name, payload=payload, error=why)
            self._storing.append(asyncio.create_task(_store_unreadable(signal)))

    async def wait_until_handled(self) -> None:
        """Waits until every signal is dealt with. A workflow does this before it ends."""
        await workflow.wait_condition(lambda: self._all_stored() and workflow.all_handlers_finished())

    def _all_stored(self) -> bool:
        """Returns whether nothing is left to store; raises what storing raised."""
        for task in self._storing:
            if task.done():
                task.result()
        return all(task.done() for task in self._storing)


class SignalTaker:
    """A workflow, or a part of its class, whose signal handlers are made by `handles_signal`."""

    signals: SignalReader


W = TypeVar("W", bound=SignalTaker)


def handles_signal(
    name: str, kind: type[M], description: str
) -> Callable[[Callable[[W, M], None]], Callable[..., None]]:
    """Makes a method the handler of a signal. It is called with the message, and only if that can be read."""

    def decorate(handle: Callable[[W, M], None]) -> Callable[..., None]:
        # It takes any number of values: the SDK would fail every workflow task after a signal with none or two.
        def take(self: W, *values: Any) -> None:
            if (message := self.signals.read(kind, name, values)) is not None:
                handle(self, message)

        take.__name__, take.__qualname__, take.__doc__ = handle.__name__, handle.__qualname__, handle.__doc__
        # The SDK decodes by this signature: one value, as it came.
        take.__signature__ = _HANDLER_SIGNATURE  # pyright: ignore[reportFunctionMemberAccess]
        take.__annotations__ = {"value": RawValue}
        return workflow.signal(name=name, description=description)(take)

    return decorate


async def _store_unreadable(signal: UnreadableSignal) -> None:
    await retry_until_done(
        SignalActivities.store_unreadable_signal, signal, summary=f"keep {signal.name}, which cannot be read"
    )


def _decode(value: Any) -> Any:
    return workflow.payload_converter().from_payload(value.payload) if isinstance(value, RawValue) else value


def _limit_payload(values: Sequence[Any], why: str) -> tuple[Any, str]:
    """Returns what is stored of the values, and why they cannot be read."""
    size = sum(value.payload.ByteSize() if isinstance(value, RawValue) else len(str(value)) for value in values)
    if size > _MAX_STORED_BYTES:
        return None, f"{why}; its {size} bytes are too many to be kept here and are in the workflow's history alone"
    try:
        decoded = [_decode(value) for value in values]
    except Exception:  # anybody may send a workflow anything
        return None, why
    return decoded[0] if len(decoded) == 1 else decoded, why
