"""Find words that only the authors of a codebase understand, in names, comments, docstrings, texts and pages.

`python tests/word_lint.py` prints how many there are in each package; tests/codebase_lint.py refuses them.
"""

import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

INSTEAD: Mapping[str, str] = {
    r"doors?": "endpoint or route",
    r"houses?": "codebase",
    r"floors?": "layer",
    r"tells?|told|telling": "notify, send, say or show",
    r"standings?": "status or state",
    r"happenings?": "timeline",
    r"outlooks?": "decision preview",
    r"ways?[ _-](?:in|out)(?! which)": "installation method or removal method",
    r"departures?|leavers?": "end of participation",
    r"hand(?:s|ed|ing)?[ _-]over": "send, enqueue or deliver",
    r"call(?:s|ed|ing)?[ _-]off": "cancel",
    r"(?<!audit[ _-])trails?": "audit trail",
    r"(?<!process[ _-])(?<!guided[ _-])(?<!control[ _-])flows?": "workflow, or process flow for the guided task",
    r"(?:un)?enrol(?:s|ments?)?": "enroll, enrollment",
    r"catalogues?": "catalog",
    r"(?:normal|recogn|organ|author|serial|synchron|initial|parameter|summar)is(?:e[sd]?|ing|ation)": "-ize",
    r"(?:behavi|col|neighb|hon|fav)our\w*": "-or",
    r"(?:mod|lab|trav)ell(?:ed|ing)": "one l",
}
"""What to write instead of each word. None of them has a meaning here that an American reader expects."""

_PATTERNS = {re.compile(rf"(?<![a-z])(?:{words})(?![a-z])"): instead for words, instead in INSTEAD.items()}
_CODE = re.compile(r"``.*?``|`[^`\n]*`|\]\([^)\s]*\)|https?://\S+|[\w.-]*/[\w./{}<>…-]+|\w+_\w+")
"""What in a text is code: quoted names, targets of links, addresses, paths, and names of several words."""
_FENCE = re.compile(r"^(```.*?^```)", re.MULTILINE | re.DOTALL)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_STORED = ("models",)
"""Packages whose class fields are recorded in histories, tables or API documents: their names stay."""


_PROCESS_FLOW = re.compile(r"guided_flow|process_flow")
"""Files in which `flow` is short for process flow."""
_SHORT_NAME = re.compile(r"(\w+_)?trail")
"""Names of variables and fixtures whose type is the full term: `trail: AuditTrail`."""


class Allowed(NamedTuple):
    """A use that stays, and why."""

    path: str
    words: str
    reason: str


ALLOWED: tuple[Allowed, ...] = (
    Allowed("docs/problems.md", "flow", "a problem code of the API, flow-interrupted"),
    Allowed("docs/operate/cli.md", "tell", "a command's name, tell-again"),
    Allowed("cli/commands/attention.py", "tell", "a command's name, tell-again"),
    Allowed("rules/available_actions.py", "called_off", "the name of a column"),
    Allowed("wording/work_order.py", "called_off", "the name of a column"),
    Allowed("operations/field_work/work_orders.py", "called_off", "the name of a column"),
)


class Found(NamedTuple):
    """A word where it is written."""

    line: int
    words: str
    instead: str


class Text(NamedTuple):
    """A name, or a piece of text, where it begins."""

    line: int
    text: str


def find_in_python(path: str, code: str) -> list[Found]:
    """Return the refused words of a Python file, in the order of their lines."""
    tree = ast.parse(code)
    prose = [*_comments(code), *_strings(path, tree)]
    return _find(path, [Text(1, Path(path).stem), *_names(path, tree), *map(_remove_code, prose)])


def find_in_page(path: str, page: str) -> list[Found]:
    """Return the refused words of a Markdown page; code in it is left out."""
    prose = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), page)
    lines = [Text(number, line) for number, line in enumerate(prose.splitlines(), start=1)]
    return _find(path, [_remove_code(line) for line in lines])


def _find(path: str, texts: list[Text]) -> list[Found]:
    if _PROCESS_FLOW.search(path):
        texts = [Text(line, re.sub(r"(?<![a-zA-Z])flow", "process flow", text)) for line, text in texts]
    allowed = {one.words for one in ALLOWED if path.startswith(one.path)}
    found = {
        Found(line + text.count("\n", 0, match.start()), match[0], instead)
        for line, text in ((each.line, each.text.lower()) for each in texts)
        for pattern, instead in _PATTERNS.items()
        for match in pattern.finditer(text)
        if match[0] not in allowed
    }
    return sorted(found)


def _remove_code(text: Text) -> Text:
    return Text(text.line, _CODE.sub(lambda code: "\n" * code[0].count("\n"), text.text))


def _names(path: str, tree: ast.AST) -> Iterator[Text]:
    """Names that the file defines, as words joined by underscores."""
    stored = set(_stored_fields(tree)) if path.split("/")[0] in _STORED else set[int]()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case ast.arg(arg=name):
                pass
            case ast.Name(id=name, ctx=ast.Store()) if id(node) not in stored:
                pass
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.alias(asname=str(name)):
                pass
            case _:
                continue
        if not _SHORT_NAME.fullmatch(name):
            yield Text(getattr(node, "lineno", 1), _CAMEL.sub("_", name))


def _stored_fields(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                targets = (
                    [statement.target] if isinstance(statement, ast.AnnAssign) else getattr(statement, "targets", [])
                )
                yield from (id(target) for target in targets)


def _comments(code: str) -> Iterator[Text]:
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield Text(token.start[0], token.string)


def _strings(path: str, tree: ast.AST) -> Iterator[Text]:
    """Docstrings, and outside the tests whatever else is a sentence: somebody reads it on a screen."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield Text(node.value.lineno, node.value.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_sentence(path, node.value):
            yield Text(node.lineno, node.value)


def _is_sentence(path: str, text: str) -> bool:
    return " " in text.strip() and not path.startswith("tests/")


def files(root: Path) -> Iterator[Path]:
    """Return every Python file and every Markdown page of the project."""
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.md")]):
        if not any(part.startswith((".", "node_modules")) for part in path.relative_to(root).parts):
            yield path


def find(root: Path) -> Iterator[tuple[str, Found]]:
    """Return each refused word with the path of its file."""
    for path in files(root):
        name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        yield from ((name, found) for found in (find_in_python if path.suffix == ".py" else find_in_page)(name, text))


def main(arguments: list[str]) -> int:
    """Print the words below the given paths, or without one how many there are in each package."""
    counts = Counter[str]()
    for path, found in find(Path(__file__).resolve().parent.parent):
        depth = 2 if path.startswith(("tests/", "docs/", "operations/")) else 1
        counts["/".join(path.split("/")[:depth])] += 1
        if any(path.startswith(one) for one in arguments):
            print(f"{path}:{found.line}: `{found.words}`: write {found.instead}")
    if not arguments:
        print("\n".join(f"{count:6} {package}" for package, count in counts.most_common()))
        print(f"{counts.total():6} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
