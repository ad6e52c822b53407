"""Validated text, instants and power: what is accepted, what is refused, and that no value changes its meaning."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from models.values import Code, DeviceIdentifier, ExternalId, Instant, Kilowatts, Line, Sentence, Value
from models.values import normalize_serial_number as normalize

CODE, EXTERNAL_ID = TypeAdapter(Code), TypeAdapter(ExternalId)
LINE, SENTENCE = TypeAdapter(Line), TypeAdapter(Sentence)
IDENTIFIER, INSTANT, KILOWATTS = TypeAdapter(DeviceIdentifier), TypeAdapter(Instant), TypeAdapter(Kilowatts)

ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=64)
ALPHANUMERIC = st.text(st.sampled_from("ABCXYZabcxyz0189"), min_size=1, max_size=20)
SEPARATORS = st.text(st.sampled_from(" :._-/\t"), max_size=3)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(serial=ASCII)
def test_normalizing_a_serial_number_twice_changes_nothing(serial) -> None:
    assert normalize(normalize(serial)) == normalize(serial)


@given(serial=ALPHANUMERIC, data=st.data())
def test_case_and_separators_do_not_distinguish_serial_numbers(serial, data) -> None:
    written = "".join(character + data.draw(SEPARATORS) for character in serial)
    assert normalize(written.swapcase()) == normalize(serial) == serial.upper()


@given(one=ALPHANUMERIC, other=ALPHANUMERIC)
def test_other_letters_or_digits_distinguish_serial_numbers(one, other) -> None:
    assert (normalize(one) == normalize(other)) is (one.upper() == other.upper())


@pytest.mark.parametrize("serial", ["WB-0001", " 00:1A:2b ", "a" * 64, "SN (2)", "0"])
def test_a_device_identifier_is_kept_as_it_is_printed(serial) -> None:
    assert IDENTIFIER.validate_python(serial) == serial.strip()


@pytest.mark.parametrize("serial", ["", "   ", "-", " : ", "._-/", "a" * 65, "é1", "A\n1", "A\x001", "A\t1", "١٢"])
def test_an_unprintable_identifier_is_refused(serial) -> None:
    with pytest.raises(ValidationError):
        IDENTIFIER.validate_python(serial)


@pytest.mark.parametrize("serial", ["###", "()", "?"])
def test_an_identifier_needs_a_letter_or_a_digit(serial) -> None:
    with pytest.raises(ValidationError, match="no letter or digit"):
        IDENTIFIER.validate_python(serial)


@pytest.mark.parametrize(
    "text", ["Ærøskøbing", "山田太郎", 'O\'Brien "Bob"', "عمر", "👩‍👧", "=1+1", "a\u200db", "x" * 200]
)
def test_names_in_any_script_are_kept(text) -> None:
    assert LINE.validate_python(text) == text


@pytest.mark.parametrize("text", ["", "   ", "\n", "x" * 201])
def test_a_line_is_not_empty_and_limited(text) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python(text)


@given(character=st.characters(categories=["Cc"]))
def test_control_characters_are_refused_by_name(character) -> None:
    for adapter in (LINE, SENTENCE):
        with pytest.raises(ValidationError, match=rf"U\+{ord(character):04X}"):
            adapter.validate_python(f"a{character}b")


@pytest.mark.parametrize("character", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_characters_that_turn_the_direction_of_text_are_refused(character) -> None:
    with pytest.raises(ValidationError, match="cannot be printed"):
        LINE.validate_python(f"photo{character}gpj.exe")


def test_an_unpaired_surrogate_is_refused() -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python("a\ud800b")


@given(text=st.text(max_size=50))
def test_a_line_is_stripped_or_refused(text) -> None:
    try:
        taken = LINE.validate_python(text)
    except ValidationError:
        return
    assert taken
    assert taken in text
    assert taken.encode("utf-8")
    assert LINE.validate_python(taken) == taken


@pytest.mark.parametrize("line_end", ["\n", "\r", "\u0085", "\x0b", "\x0c"])
def test_a_line_is_one_line(line_end) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python(f"a{line_end}b")


@pytest.mark.parametrize("line_end", ["\u2028", "\u2029"])
def test_a_line_is_one_line_for_unicode_too(line_end) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python(f"a{line_end}b")


@pytest.mark.parametrize("code", ["A", "0", "EV-1", "v2.1_b", "a" * 64])
def test_codes_are_portable_names(code) -> None:
    assert CODE.validate_python(code) == code


@pytest.mark.parametrize("code", ["", "-a", ".a", "_a", "a b", "a/b", "é", "a\n", "\na", "a" * 65])
def test_a_code_fits_into_a_url(code) -> None:
    with pytest.raises(ValidationError):
        CODE.validate_python(code)


@pytest.mark.parametrize(
    ("text", "taken"),
    [("1", True), ("ext/1?#:~", True), ("a" * 64, True), ("", False), ("a b", False), ("a\n", False), ("é", False)],
)
def test_external_ids_are_printable_without_spaces(text, taken) -> None:
    assert _takes(EXTERNAL_ID, text) is taken


def _takes(adapter: TypeAdapter, value: object) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


@given(local=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), offset=OFFSETS)  # noqa: DTZ001
def test_an_instant_is_the_same_moment_in_utc(local, offset) -> None:
    given_at = local.replace(tzinfo=offset)
    taken = INSTANT.validate_python(given_at)
    assert taken == given_at
    assert taken.tzinfo is UTC


@given(instant=st.datetimes(timezones=st.just(UTC)))
def test_an_instant_survives_json(instant) -> None:
    assert INSTANT.validate_json(INSTANT.dump_json(instant)) == instant


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("2026-07-01T12:00:00Z", True),
        ("2026-07-01T12:00:00+14:00", True),
        ("2026-07-01T12:00:00", False),
        ("2026-02-29T12:00:00Z", False),
        ("2026-07-01", False),
        ("soon", False),
        ("0001-01-01T00:00:00Z", True),
        ("0001-01-01T00:00:00-01:00", True),
        ("0001-01-01T00:00:00+00:01", False),
        ("9999-12-31T23:59:59Z", True),
        ("9999-12-31T23:59:59+01:00", True),
        ("9999-12-31T23:59:59-00:01", False),
    ],
)
def test_an_instant_has_an_offset_and_lies_within_the_calendar(text, taken) -> None:
    assert _takes(INSTANT, text) is taken


@given(thousandths=st.integers(0, 1_000_000_000))
def test_power_keeps_the_entered_digits(thousandths) -> None:
    exact = Decimal(thousandths) / 1000
    assert KILOWATTS.validate_python(float(exact)) == exact
    assert KILOWATTS.validate_python(str(exact)) == exact


@pytest.mark.parametrize(
    "power", ["-0.001", "1000000.001", "0.0001", 1e-7, 1e300, float("nan"), float("inf"), "NaN", "Infinity", "", None]
)
def test_invalid_power_is_refused(power) -> None:
    assert not _takes(KILOWATTS, power)


@pytest.mark.parametrize("power", [0, "0", 1_000_000, 3.84, "11.500", Decimal("0.001")])
def test_power_ranges_from_zero_to_a_gigawatt(power) -> None:
    assert KILOWATTS.validate_python(power) == Decimal(str(power))


class Example(Value):
    size: int = 0


def test_a_misspelled_field_is_an_error() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Example.model_validate({"sise": 1})


def test_a_value_is_immutable() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Example().size = 1
