"""`make bench`: runs a measurement and prints a table. docs/operate/speed.md has the results of earlier runs."""

import argparse

from rich.console import Console

from bench import enrollments, large_database, outage, outbox_backlog


def main() -> None:
    """Reads the command line and runs the measurement that it names."""
    arguments = _build_parser().parse_args()
    console = Console(width=160)
    if arguments.backlog:
        outbox_backlog.run(console, arguments.backlog, arguments.seconds)
    elif arguments.outage:
        outage.run(console)
    elif arguments.million:
        large_database.run(console)
    else:
        enrollments.run(console, is_long=arguments.long)


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure enrollments with the customer's own device, end to end."
    )
    parser.add_argument("--long", action="store_true", help="also compare the 100th with the 5,000th enrollment")
    parser.add_argument("--outage", action="store_true", help="only: how long others wait while PostgreSQL is away")
    parser.add_argument("--million", action="store_true", help="only: queries of a database with a million customers")
    parser.add_argument(
        "--backlog", type=int, nargs="?", const=1_000_000, help="only: the delivery of this many messages in the outbox"
    )
    parser.add_argument("--seconds", type=int, default=3600, help="measure the backlog for at most this long")
    return parser


if __name__ == "__main__":
    main()
