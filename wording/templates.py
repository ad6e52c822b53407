"""How a sentence's template takes its values: the few ways to write a list, a range or a quantity in English.

A template is a whole sentence with named values, such as `"Choose one of: {offers:pairs}."`. A translation brings its
own templates and its own way to write the values.
"""

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any, NamedTuple


class Sentence(NamedTuple):
    """What is said for one code, and what would help, where something does."""

    reason: str
    fix: str = ""


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Returns the sentence with its values."""
    return _FORMATTER.vformat(template, (), values)


def join(items: Any) -> str:
    """Returns `a, b, c`."""
    return ", ".join(str(item) for item in items)


def _codes(named: Any) -> str:
    """Some codes, and how many more there are (rules/alternatives.py)."""
    more = " and {more} more".format(**named) if named["more"] else ""
    return f"{join(named['codes'])}{more}"


def _range(limits: Any) -> str:
    lowest, highest = limits
    return f"{lowest}" if lowest == highest else f"{lowest} to {highest}"


def _power_range(bounds: Any) -> str:
    if "maximum" in bounds:
        return "at least {minimum} kW and at most {maximum} kW".format(**bounds)
    return "at least {minimum} kW".format(**bounds)


def _either(items: Any) -> str:
    return " or ".join(str(item) for item in items)


def _pairs(pairs: Any) -> str:
    return "; ".join(f"{one} with {other}" for one, other in pairs)


def _answers(choices: Any) -> str:
    return "; ".join(f"{code} with one of: {join(some)}" if some else code for code, some in choices.items())


def _by_kind(possible: Any) -> str:
    return "; ".join(f"{kind}: {_codes(named)}" for kind, named in possible.items())


def _area(served: Any) -> str:
    return "; ".join(f"{kind.replace('_', ' ')} {_codes(named)}" for kind, named in served.items())


def _specifications(meant: Any) -> str:
    return join(f"{code} is {name}" for code, name in sorted(meant.items()))


_WRITTEN_AS: dict[str, Callable[[Any], str]] = {
    "answers": _answers,
    "area": _area,
    "by_kind": _by_kind,
    "codes": _codes,
    "either": _either,
    "pairs": _pairs,
    "power_range": _power_range,
    "range": _range,
    "specifications": _specifications,
}


class _Formatter(Formatter):
    """Takes the names above as format specifications, and writes any other list as `a, b, c`."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec in _WRITTEN_AS:
            return _WRITTEN_AS[format_spec](value)
        if isinstance(value, list | tuple):
            return join(value)  # pyright: ignore[reportUnknownArgumentType] - what is in a JSON list is written as it is
        return super().format_field(value, format_spec)


_FORMATTER = _Formatter()
