"""What is said for each code of the eligibility rules (rules/eligibility), and what would help."""

from wording.links import PROGRAMS
from wording.templates import Sentence

_OTHER_DAY = "Apply from that day on."
_OTHER_PROGRAM = "Choose another program."

_AVAILABILITY: dict[str, Sentence] = {
    "account_is_active": Sentence("The account is active."),
    "account_is_closed": Sentence("The account is closed.", "Apply with an active account."),
    "service_not_started": Sentence("Service starts on {first_day}.", _OTHER_DAY),
    "service_ended": Sentence("Service ended on {last_day}.", "Apply for a service point in use."),
    "service_point_is_in_use": Sentence("The service point is in use."),
    "service_point_is_of_account": Sentence("The service point belongs to the account."),
    "service_point_is_of_other_account": Sentence(
        "The service point belongs to another account now.",
        "Apply with the account that the service point is billed to.",
    ),
    "program_is_closed": Sentence("{program} is closed.", _OTHER_PROGRAM),
    "program_not_started": Sentence("{program} starts on {first_day}.", _OTHER_DAY),
    "program_is_running": Sentence("{program} is running."),
    "enrollment_not_open": Sentence("Enrollment opens on {first_day}.", _OTHER_DAY),
    "enrollment_closed": Sentence(
        "Enrollment closed on {last_day}.", "Choose another program, or wait for the next season."
    ),
    "enrollment_is_open": Sentence("Enrollment is open."),
    "offer_depends_on_installation": Sentence("Depends on how the device is installed and whose it is."),
    "installation_is_offered": Sentence("The program offers this way of installing."),
    "installation_not_offered": Sentence(
        "The program does not offer {method} with {ownership}.", "Choose one of: {offers:pairs}."
    ),
}
_CAPACITY: dict[str, Sentence] = {
    "capacity_available": Sentence("The program has room."),
    "waiting_until_not_full": Sentence(
        "The program is full in {limits}.", "Nothing to do: the waitlist is served in order and you will be notified."
    ),
    "waiting_behind_others": Sentence(
        "Others wait for the places that are free.",
        "Nothing to do: the waitlist is served in order and you will be notified.",
    ),
    "program_is_full": Sentence(
        "The program is full in {limits}.", "Choose another program, or apply again when places are added."
    ),
    "others_are_waiting": Sentence(
        "Others wait for the places that are free.", "Choose another program, or apply again when places are added."
    ),
}
_PARTICIPATION: dict[str, Sentence] = {
    "already_participating": Sentence(
        "The service point already takes part in this program.",
        "Nothing needs to be done to take part; unenroll first to enroll anew.",
    ),
    "not_participating": Sentence("The service point does not take part in this program yet."),
    "participating_in_conflicting": Sentence(
        "The service point takes part in {programs}, which excludes this program.", "Unenroll from {programs} first."
    ),
    "no_program_conflicts": Sentence("No other program excludes this one."),
    "cool_down_is_over": Sentence("No earlier participation ended too recently."),
    "participated_too_recently": Sentence(
        "An earlier participation ended less than {days} days ago.", "Apply again from {first_day} on."
    ),
}
_CONSENT: dict[str, Sentence] = {
    "terms_to_be_accepted": Sentence("Version {version} of the terms will have to be accepted."),
    "terms_not_accepted": Sentence(
        "The terms were not accepted; version {version} is in force.", "Read and accept version {version} at {url}."
    ),
    "other_terms_accepted": Sentence(
        "The terms were accepted in version {accepted}; version {version} is in force.",
        "Read and accept version {version} at {url}.",
    ),
    "terms_accepted_in_future": Sentence(
        "The terms are said to have been accepted in the future.",
        "Send the instant at which they were accepted, with its offset.",
    ),
    "terms_are_accepted": Sentence("Version {version} of the terms was accepted."),
    "questions_to_be_asked": Sentence("{count} question(s) will be asked."),
    "no_questions": Sentence("No questions."),
    "disqualifying_answer": Sentence(
        "The answer to {questions} rules the program out.", "Correct the answer if it was given by mistake."
    ),
    "invalid_answers": Sentence("No valid answer to: {questions}.", "Answer {choices:answers}."),
    "questions_are_answered": Sentence("Every required question is answered."),
    "start_not_in_past": Sentence("The start date is not in the past."),
    "start_in_past": Sentence("The start date {requested} is in the past.", "Choose {earliest} or later."),
    "start_soon_enough": Sentence("The start lies within {days} days."),
    "start_too_far_ahead": Sentence(
        "The start date {requested} lies more than {days} days ahead.", "Choose a date up to {latest}."
    ),
}
_SERVICE_POINT: dict[str, Sentence] = {
    "customer_class_fits": Sentence("The program is open to {customer_class} customers."),
    "customer_class_differs": Sentence(
        "The program is for {classes} customers; this service point is {customer_class}.",
        "Choose a program for this class of customer.",
    ),
    "tariff_fits": Sentence("Tariff {tariff} goes with the program."),
    "tariff_excluded": Sentence(
        "Tariff {tariff} does not go with the program.", "Change the tariff to another than {excluded} first."
    ),
    "tariff_not_accepted": Sentence(
        "Tariff {tariff} does not go with the program.", "Change the tariff to one of {accepted} first."
    ),
    "no_tariff_accepted": Sentence("Tariff {tariff} does not go with the program.", _OTHER_PROGRAM),
    "premise_type_fits": Sentence("The program takes premises of type {premise_type}."),
    "premise_type_differs": Sentence(
        "The program takes {types}; the premise is {premise_type}.", "Apply for another premise."
    ),
    "meter_reports_intervals": Sentence("The meter reports interval data."),
    "meter_reports_no_intervals": Sentence("The meter does not report interval data.", "Ask for an AMI meter first."),
    "inside_program_area": Sentence("The service point lies in the program's area."),
    "outside_program_area": Sentence(
        "The service point lies outside the program's area.",
        "Choose a program offered here; this one serves {area:area}.",
    ),
    "feeder_is_known": Sentence("The service point's feeder is known."),
    "feeder_is_unknown": Sentence(
        "The service point has no feeder in the CIS, so the DERMS could not model the device.",
        "Have the CIS record corrected, then apply again.",
    ),
    "enough_phases": Sentence("The service point has {phases} phase(s)."),
    "too_few_phases": Sentence(
        "The program needs {minimum} phases; the service point has {phases}.", "Ask for a service upgrade first."
    ),
    "service_point_not_critical": Sentence("The service point is not marked as critical."),
    "service_point_is_critical": Sentence(
        "The service point feeds critical or medical equipment.",
        "Have the mark removed in the CIS if it no longer holds.",
    ),
    "customer_owns_premise": Sentence("The customer owns the premise."),
    "owner_consent_to_be_asked": Sentence("The premise is rented: the owner's consent will be asked for."),
    "owner_consents": Sentence("The owner consents."),
    "owner_consent_missing": Sentence(
        "The premise is rented and the owner's consent is missing.",
        "Answer {answer} with yes once the owner has agreed.",
    ),
}
_DEVICES: dict[str, Sentence] = {
    "device_checked_at_installation": Sentence("The utility brings the device; this is checked when it is installed."),
    "device_count_to_be_checked": Sentence("The program takes {limits:range} device(s)."),
    "utility_brings_device": Sentence("The utility brings the device."),
    "too_many_devices_for_visit": Sentence(
        "{count} devices asked for; a technician installs one on a visit.",
        "Name the one device that shall be installed, or none if the technician brings it.",
    ),
    "device_count_fits": Sentence("{count} device(s) asked for; the program takes {limits:range}."),
    "device_count_differs": Sentence(
        "{count} device(s) asked for; the program takes {limits:range}.", "Name {limits:range} device(s)."
    ),
    "depends_on_specification": Sentence("Depends on the device's make and model."),
    "specifications_accepted": Sentence("The program takes every device's make and model."),
    "specification_unknown": Sentence(
        "The device's make and model are missing or not in the catalog.",
        "Name a specification, or its exact manufacturer and model. The program takes: {accepted:codes}.",
    ),
    "specification_contradicted": Sentence(
        "{specifications:specifications}, but another manufacturer or model is named beside it.",
        "Leave manufacturer and model out where a specification is named, or name the specification of the device.",
    ),
    "specification_not_accepted": Sentence(
        "The program does not take {specifications:codes}.",
        f"It takes: {{accepted:codes}}. GET {PROGRAMS} lists what other programs take.",
    ),
    "depends_on_serial_numbers": Sentence("Depends on the serial numbers."),
    "serial_number_repeated": Sentence(
        "The same serial number is named twice.",
        "Name each device once; case and separators in a serial number do not count.",
    ),
    "serial_numbers_differ": Sentence("Each serial number is named once."),
    "device_of_other_customer": Sentence(
        "A device with this serial number is registered to another customer.",
        "Check the serial number on the device's label; what an earlier resident left behind can be enrolled once "
        "they have left the program.",
    ),
    "device_is_retired": Sentence(
        "A device with this serial number was taken out of service for good.",
        "Check the serial number on the device's label; if it is right, enroll another device.",
    ),
    "device_already_enrolled": Sentence(
        "The device already takes part in this or a conflicting program.", "Unenroll it there first."
    ),
    "device_not_released_yet": Sentence(
        "The device has left this or a conflicting program, but the DERMS has not let go of it yet.",
        "Apply again once it has: the unenrollment shows it.",
    ),
    "serial_numbers_are_free": Sentence("Nobody else holds these serial numbers."),
    "depends_on_location": Sentence("Depends on where the device hangs."),
    "locations_fit": Sentence("Every device's location is known or not needed."),
    "location_without_specification": Sentence(
        "The device's location is missing or does not fit its kind.", "Name the device's specification."
    ),
    "location_differs": Sentence(
        "The device's location is missing or does not fit its kind.",
        "Name a device location type. Possible for {possible:by_kind}.",
    ),
    "power_to_be_checked": Sentence("The devices together must have {bounds:power_range}."),
    "power_fits": Sentence("The devices have {power} kW together."),
    "power_differs": Sentence(
        "The devices have {power} kW together; the program takes {bounds:power_range}.",
        "Enroll devices whose rated power together is within these bounds.",
    ),
}

SENTENCES: dict[str, Sentence] = {
    **_AVAILABILITY,
    **_CAPACITY,
    **_PARTICIPATION,
    **_CONSENT,
    **_SERVICE_POINT,
    **_DEVICES,
}
