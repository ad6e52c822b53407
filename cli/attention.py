"""`gridenroll attention`: what needs a person, over all flows."""

from typing import Annotated

import typer

from cli import lists
from cli.catalog import DataDir, Json
from cli.client import running_api
from cli.messages import say, say_json
from models.attention_views import AttentionKind


def attention(
    kind: Annotated[AttentionKind | None, typer.Option(help="Only of this kind.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    since: Annotated[str | None, typer.Option(help="Only what has waited since then or less, with its offset.")] = None,
    limit: lists.Limit = 50,
    everything: lists.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show what needs a person: what, since when, why, and what can be done. What waits longest comes first."""
    wanted = {"kind": kind, "program": program, "since": since}
    found = lists.pages(running_api(data_dir), "/v1/attention", wanted, limit, everything=everything)
    if as_json:
        say_json(found)
        return
    if not found["items"]:
        say("Nothing needs a person.")
    for one in found["items"]:
        say(f"{one['kind'].replace('_', ' ')}  {one['id']}  {one['program'] or ''}  since {lists.clock(one['since'])}")
        say(f"  why:  {one['why']}")
        say(f"  next: {one['next_step']}")
        for action in one["actions"]:
            say(f"  {action['action'].replace('_', ' ')}: {action['method']} {action['href']}")
    if found["next_cursor"]:
        say(f"There are more than these {len(found['items'])}; --limit or --all shows them.")
