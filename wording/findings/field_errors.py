"""What is said for each code of what rules find wrong in a document (rules/field_error.py)."""

from collections.abc import Iterable

from models.errors import Pointer
from rules.field_error import FieldError
from wording.findings import decisions
from wording.findings.validation import describe_pydantic_error
from wording.guided_flow import label_part
from wording.templates import fill

_GUIDED_FLOW: dict[str, str] = {
    "required": "is required",
    "part_required": "is required: {label}",
    "binding_unknown": "leads to {binding}, which the request does not have",
    "text_too_long": "has more than {maximum} characters",
    "number_too_low": "is below {minimum}",
    "number_too_high": "is above {maximum}",
    "device_count_too_low": "the number of devices is below {minimum}",
    "device_count_too_high": "the number of devices is above {maximum}",
    "question_unknown": "the program has no such question",
    "nothing_to_choose": "is none of: nothing",
    "no_such_choice": "is none of: {possible}",
    "not_among_choices": "is none of the {count} choices",
    "panel_has_no_such_field": "{panel} has no such field",
}
_CATALOG: dict[str, str] = {
    "code_repeated": "{code} is there already; codes are unique",
    "not_in_list": "{code} is not among the {list}",
    "no_device_setup": "{task} has no device_setup for {method} with {ownership}",
    "method_brings_one_device": "{method} brings one device, and the program wants {minimum}",
    "no_such_question": "{answer} is none of the questions",
    "master_configuration_missing": "active programs need one: it says which system is the DERMS",
    "not_a_derms": "{code} is no external system of kind derms",
    "panel_code_taken": "{code} is taken; codes of panels are unique, summary is ours",
    "request_has_no_such_place": "the request to {process_flow} has no {binding}",
    "field_binds_elsewhere": "a field of kind {kind} leads to {places:either}",
    "no_earlier_field": "{field} is no field before this one",
}
_SERVICE_CALL: dict[str, str] = {
    "visit_not_ordered": (
        "the device is the customer's own and {program} orders no visits to those; possible: {possible}"
    ),
    "problem_unknown": "is not among the problems of {task}: {problems}",
}
_COMPLETION: dict[str, str] = {
    "outcome_not_possible": "{outcome} cannot end an order to {kind}; possible: {possible}",
    "in_the_future": "is in the future",
    "no_device_installed": "no device is installed when the outcome is {outcome}",
    "installed_device_missing": "is missing: serial number and specification of the new device",
    "specification_not_in_catalog": "{specification} is not in the catalog; possible: {possible:codes}",
    "specification_refused": "{program} does not accept {specification}; possible: {possible:codes}",
    "location_wrong": "{location} is no place for such a device; possible: {possible:codes}",
    "location_missing": "is missing: where the device hangs; possible: {possible:codes}",
    "serial_number_of_other_customer": "another customer holds a device with this serial number; read it again",
    "serial_number_enrolled": "the device with this serial number is enrolled already; read it again",
    "serial_number_of_removed_device": "is the serial number of the device that was removed",
    "removed_device_missing": "is missing: the device that was replaced",
    "no_device_to_remove": "the order has no device to remove",
    "not_the_device_on_order": (
        "is not the device on the order; the view of its enrollment has the serial number of that one"
    ),
}

SENTENCES: dict[str, str] = {**_GUIDED_FLOW, **_CATALOG, **_SERVICE_CALL, **_COMPLETION}


def describe_field_error(error: FieldError) -> Pointer:
    """Returns the place with what is wrong there. What an eligibility rule found is said with what would help."""
    if error.code == "not_valid":
        return Pointer(error.pointer, describe_pydantic_error(error.parameters["error"]))
    if error.code == "part_required":
        return Pointer(error.pointer, fill(SENTENCES[error.code], {"label": label_part(error.parameters["label"])}))
    if error.code in SENTENCES:
        return Pointer(error.pointer, fill(SENTENCES[error.code], error.parameters))
    said = decisions.SENTENCES[error.code]
    return Pointer(error.pointer, fill(f"{said.reason} {said.fix}", error.parameters))


def describe_field_errors(errors: Iterable[FieldError]) -> tuple[Pointer, ...]:
    """Returns each place with what is wrong there."""
    return tuple(describe_field_error(error) for error in errors)
