"""The worker finds the activities of a class by their decorator."""

import pytest
from temporalio import activity

from activities.registration import list_activities


class Greetings:
    @activity.defn
    async def greet(self, name: str) -> str:
        return f"Hello, {name}."

    @activity.defn(name="wave")
    async def wave_goodbye(self, name: str) -> None: ...

    async def not_an_activity(self) -> None: ...


class Nothing:
    async def not_an_activity(self) -> None: ...


def test_every_decorated_method_is_listed_and_no_other() -> None:
    greetings = Greetings()
    assert list_activities(greetings) == [greetings.greet, greetings.wave_goodbye]


def test_a_class_without_activities_is_refused() -> None:
    with pytest.raises(ValueError, match="Nothing defines no activity"):
        list_activities(Greetings(), Nothing())
