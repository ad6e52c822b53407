"""The `gridenroll` command. This module only lists the commands; each group has a module of its own."""

import typer

from cli.commands import (
    attention,
    batches,
    catalog,
    customers,
    enrollments,
    examples,
    outbox_messages,
    service_calls,
    shipments,
    sync_requests,
    unenrollments,
    work_orders,
)
from cli.demo.command import play_demo
from cli.processes import database, serve, up

app = typer.Typer(
    name="gridenroll",
    help="Enroll customers and their devices in grid programs, and keep the DERMS up to date.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command(name="up")(up.start_stack)
app.command(name="demo")(play_demo)
app.command(name="enroll")(enrollments.submit_enrollment)
app.command(name="unenroll")(unenrollments.submit_unenrollment)
app.command(name="service-call")(service_calls.submit_service_call)
app.command(name="attention")(attention.show_attention_items)
app.add_typer(enrollments.app, name="enrollments")
app.add_typer(unenrollments.app, name="unenrollments")
app.add_typer(service_calls.app, name="service-calls")
app.add_typer(work_orders.app, name="work-orders")
app.add_typer(shipments.app, name="shipments")
app.add_typer(sync_requests.app, name="sync-requests")
app.add_typer(outbox_messages.app, name="outbox-messages")
app.add_typer(serve.app, name="serve")
app.add_typer(database.app, name="db")
app.add_typer(catalog.app, name="catalog")
app.add_typer(customers.app, name="customers")
app.add_typer(batches.app, name="batch")
app.add_typer(examples.app, name="examples")


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
