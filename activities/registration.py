"""Lists the activities that our classes define, so that the worker names classes and nobody keeps a second list."""

import inspect
from collections.abc import Callable
from typing import Any

_MARK = "__temporal_activity_definition"
"""What `@activity.defn` leaves on a function; the SDK has no public way to ask whether a function is an activity."""


def list_activities(*instances: object) -> list[Callable[..., Any]]:
    """Returns every method of these instances that is decorated with `@activity.defn`.

    Raises:
        ValueError: an instance has none; it was not meant to be here, or the SDK marks activities in another way.
    """
    return [method for instance in instances for method in _list_activities_of(instance)]


def _list_activities_of(instance: object) -> list[Callable[..., Any]]:
    functions = inspect.getmembers(type(instance), inspect.isfunction)
    names = [name for name, function in functions if hasattr(function, _MARK)]
    if not names:
        raise ValueError(f"{type(instance).__name__} defines no activity.")
    return [getattr(instance, name) for name in names]
