"""What is said for each code of the unenrollment rules (rules/unenrollment/decide.py), and what would help."""

from wording.templates import Sentence

SENTENCES: dict[str, Sentence] = {
    "subscription_in_force": Sentence("The subscription is in force."),
    "subscription_not_in_force": Sentence("The subscription is {state}.", "Nothing needs to be done."),
    "devices_not_on_subscription": Sentence(
        "{count} of the devices named take(s) no part in this subscription.",
        "Name none to end all of it, or some of: {devices:codes}.",
    ),
    "devices_on_subscription": Sentence("Every device named takes part."),
    "device_named_twice": Sentence("A device is named more than once.", "Name each device once."),
    "no_device_named_twice": Sentence("No device is named twice."),
    "too_few_devices_stay": Sentence(
        "Only {staying} device(s) would stay and the program takes no fewer than {minimum}: all leave."
    ),
    "remaining_devices_suffice": Sentence("The devices that stay are enough, or none stays."),
    "removal_not_possible": Sentence(
        "A device of the customer's own is neither fetched nor shipped back in this program.", "Choose keep for it."
    ),
    "removals_are_possible": Sentence("Each device can leave the way it shall."),
    "reason_missing": Sentence("The program asks for a reason.", "Give one of: {reasons}."),
    "reason_missing_any": Sentence("The program asks for a reason.", "Give one of: any."),
    "reason_unknown": Sentence("{reason} is no reason of this program.", "Give one of: {reasons}."),
    "reason_in_order": Sentence("The reason is in order."),
    "cis_gives_the_reason": Sentence("The CIS says the same."),
    "reason_not_through_channel": Sentence(
        "{reason} cannot be given through {channel}.", "It is given through: {channels}."
    ),
    "reason_through_channel": Sentence("The reason may be given this way."),
    "effective_date_over": Sentence(
        "{requested} is over.", "Name {earliest} or a later day, or none to leave at once."
    ),
    "effective_date_not_over": Sentence("The day is not over."),
    "no_minimum_term": Sentence("No minimum term stands in the way."),
    "moved_out_of_minimum_term": Sentence("The minimum term holds nobody who has moved out."),
    "reason_ends_minimum_term": Sentence("The minimum term does not hold for this reason."),
    "minimum_term_in_the_way": Sentence(
        "The subscription runs for at least {days} days, until {last_day}.", "Name {last_day} or a later day."
    ),
    "minimum_term_not_over": Sentence("The subscription runs for at least {days} days, until {last_day}."),
}
