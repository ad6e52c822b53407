"""The `gridenroll` command. Each group of commands has its file; this one only lists them."""

import typer

from cli import database, examples, serve
from cli.commands import (
    batches,
    catalog,
    customers,
    enrollments,
    outbox_messages,
    service_calls,
    shipments,
    sync_requests,
    unenrollments,
    work_orders,
)
from cli.commands.attention import attention
from cli.demo.command import demo
from cli.processes.up import up

app = typer.Typer(
    name="gridenroll",
    help="Enrol customers and their devices into grid programs, kept in step with the DERMS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(up)
app.command()(demo)
app.command()(enrollments.enroll)
app.command()(unenrollments.unenroll)
app.command()(service_calls.service_call)
app.command()(attention)
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
    """The entry point."""
    app()


if __name__ == "__main__":
    main()
