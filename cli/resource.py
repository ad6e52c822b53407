"""One kind of record that the API keeps, and its commands: list many, show one, act on one."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import Document, connect_to_api, fetch_pages
from cli.options import All, DataDir, Json, Limit
from cli.output import print_json, print_line
from cli.tables import Columns, print_fields, print_findings, print_list, print_timeline


@dataclass(frozen=True, slots=True)
class Filter:
    """An option of a list command: `name` is the API's query parameter, `option` the option if it differs."""

    name: str
    help: str
    type: Any = str
    option: str = ""
    default: Any = None

    def build_parameter(self) -> inspect.Parameter:
        """Returns the option as typer reads it from a function's signature."""
        option = typer.Option(f"--{(self.option or self.name).replace('_', '-')}", help=self.help)
        if self.default is None and self.type is not str:
            option.show_default = False
        annotation = Annotated[self.type if self.default else self.type | None, option]
        return inspect.Parameter(self.name, inspect.Parameter.KEYWORD_ONLY, default=self.default, annotation=annotation)


@dataclass
class Resource:
    """One kind of record. Its commands are `gridenroll <name> …`, its endpoints `/v1/<path>`.

    An action of the API is a command of the same name, unless `commands` names another. `print_details` prints what
    is special to this kind when one record is shown.
    """

    name: str
    path: str
    singular: str
    id_prefix: str
    help: str
    columns: Columns
    fields: Columns
    heading: Sequence[str] = ("id", "state")
    print_details: Callable[[Document], None] | None = None
    commands: Mapping[str, str] = field(default_factory=dict[str, str])
    app: typer.Typer = field(init=False)

    def __post_init__(self) -> None:
        self.app = typer.Typer(help=self.help, no_args_is_help=True)

    @property
    def id_argument(self) -> Any:
        """The default value of a command's parameter for one record's id."""
        metavar = self.singular.replace(" ", "_")
        return typer.Argument(metavar=metavar, help=f"Its id: {self.id_prefix}_…")

    def add_list_command(self, help_text: str, *filters: Filter) -> None:
        """Add the command `list` with an option for each filter."""

        def list_records(
            *, limit: Limit = 50, everything: All = False, data_dir: DataDir = None, as_json: Json = False, **given: Any
        ) -> None:
            self.print_all(data_dir, given, limit, everything=everything, as_json=as_json)

        *common, _ = inspect.signature(list_records).parameters.values()
        signature = inspect.Signature([*(one.build_parameter() for one in filters), *common])
        setattr(list_records, "__signature__", signature)  # noqa: B010  typer reads it, and no type checker knows it
        self.app.command(name="list", help=help_text)(list_records)

    def add_show_command(self, help_text: str) -> None:
        """Add the command `show`."""

        def show_record(record: str = self.id_argument, data_dir: DataDir = None, as_json: Json = False) -> None:
            self.print_one(data_dir, record, as_json=as_json)

        self.app.command(name="show", help=help_text)(show_record)

    def add_action_command(self, action: str, help_text: str) -> None:
        """Add a command for an action that needs only the record's id."""

        def act_on_record(record: str = self.id_argument, data_dir: DataDir = None, as_json: Json = False) -> None:
            self.act(data_dir, record, action, as_json=as_json)

        self.app.command(name=action, help=help_text)(act_on_record)

    def add_action_with_reason_command(self, action: str, help_text: str, reason_help: str) -> None:
        """Add a command for an action that needs the record's id and a reason."""

        def act_on_record(
            record: str = self.id_argument,
            reason: str = typer.Option(help=reason_help),
            data_dir: DataDir = None,
            as_json: Json = False,
        ) -> None:
            self.act(data_dir, record, action, {"reason": reason}, as_json=as_json)

        self.app.command(name=action, help=help_text)(act_on_record)

    def get_command(self, action: str) -> str:
        """Returns the name of the command for an action of the API."""
        return self.commands.get(action, action)

    def print_all(
        self, data_dir: Path | None, filters: Mapping[str, Any], limit: int, *, everything: bool, as_json: bool
    ) -> None:
        """Print the records that match the filters."""
        document = fetch_pages(connect_to_api(data_dir), f"/v1/{self.path}", filters, limit, everything=everything)
        print_list(document, self.columns, empty=f"There are no such {self.singular}s.", as_json=as_json)

    def print_one(self, data_dir: Path | None, record: str, *, as_json: bool) -> None:
        """Print one record: its fields and details, its timeline, the next step and the available actions."""
        document = connect_to_api(data_dir).request("GET", f"/v1/{self.path}/{record}")
        if as_json:
            print_json(document)
            return
        print_line("  ".join(document[name] for name in self.heading))
        print_fields(document, self.fields)
        if self.print_details is not None:
            self.print_details(document)
        print_findings(document)
        if document.get("timeline"):
            print_timeline(document["timeline"])
        if document.get("next_step"):
            print_line(f"Next: {document['next_step']}")
        if document["available_actions"]:
            print_line(f"Possible: {', '.join(map(self.get_command, document['available_actions']))}")
        if "temporal_ui" in document["links"]:
            print_line(f"Temporal UI: {document['links']['temporal_ui']}")

    def act(self, data_dir: Path | None, record: str, action: str, body: Any = None, *, as_json: bool) -> None:
        """Take an action on a record, and print its state afterwards."""
        document = connect_to_api(data_dir).request("POST", f"/v1/{self.path}/{record}/{action}", body=body)
        self.print_status(document, as_json=as_json)

    def print_status(self, document: Document, *, as_json: bool) -> None:
        """Print a record's id and state, and the command that shows its progress."""
        if as_json:
            print_json(document)
            return
        print_line(f"{document['id']}  {document['state']}")
        print_line(f"See its progress: gridenroll {self.name} show {document['id']}")
