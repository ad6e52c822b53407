"""`gridenroll outbox-messages`: messages to workflows that Temporal has not accepted, and their repair."""

from cli.resource import Filter, Resource
from cli.tables import field, instant_field
from models.states.outbox import OutboxState

OUTBOX_MESSAGES = Resource(
    name="outbox-messages",
    path="outbox-messages",
    singular="message",
    id_prefix="msg",
    help="Messages to workflows that could not be delivered.",
    columns={
        "id": field("id"),
        "state": field("state"),
        "message": field("name"),
        "workflow": field("workflow"),
        "attempts": field("attempts"),
        "since": instant_field("created_at"),
        "error": field("error"),
    },
    fields={
        "kind": field("kind"),
        "message": field("name"),
        "workflow": field("workflow"),
        "attempts": field("attempts"),
        "error": field("error"),
    },
)
app = OUTBOX_MESSAGES.app
OUTBOX_MESSAGES.add_list_command(
    "List messages, newest first. Undeliverable ones need attention.",
    Filter("state", "Only in this state.", OutboxState, default=OutboxState.UNDELIVERABLE),
    Filter("workflow", "Only for this workflow: enroll/enr_…"),
)
OUTBOX_MESSAGES.add_show_command("Show one message: its purpose, its delivery attempts and the answer of Temporal.")
OUTBOX_MESSAGES.add_action_command("send-again", "Deliver an undeliverable message again, after its cause was removed.")
OUTBOX_MESSAGES.add_action_with_reason_command(
    "give-up",
    "Give up an undeliverable message; with a start message, also everything that waits behind it.",
    "Why it is no longer needed.",
)
