"""Rules about Python code: the clock, exceptions, imports of pure packages, services, names, sizes."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import (
    ROOT,
    files_ending,
    imported_modules,
    product_code,
    report,
    text,
    tree,
)

CLOCK = Path("helpdesk/lib/clock.py")
CLOCK_READINGS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "timezone.now",
    "time.time",
    "time.time_ns",
    "time.sleep",
}
# One mailbox in the poll loop, one raw message in the task, one delivery: file and function.
BLANKET_EXCEPTS = {
    ("mailboxes/services/reading/polling.py", "_poll_and_record"),
    ("ticketing/inbound/process.py", "_process"),
    ("ticketing/inbound/dry_run.py", "_line"),  # the same place, where all of it is undone
    ("mailboxes/services/sending/delivering.py", "deliver"),
}
# Around all of them, for what happens outside of the three: decides nothing, notes it on the work item.
LAST_RESORT = ("helpdesk/tenancy/drains.py", "_hand_over")
BLANKETS = {None, "Exception", "BaseException"}
NO_IO = {"socket", "ssl", "http", "urllib.request", "requests", "subprocess", "pathlib.Path", "os", "tempfile"}
EMPTY_NAMES = {"utils", "util", "helpers", "common", "manager", "managers", "handler", "handlers", "misc"}
MAX_LINES = 400  # about 150 are the habit
MAX_TEST_LINES = 500


def test_only_the_clock_module_reads_the_clock() -> None:
    findings = [
        f"{path}:{node.lineno}: {ast.unparse(node)}; take helpdesk.lib.clock, so that tests can hold the time"
        for path in product_code()
        if path != CLOCK
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ".".join(ast.unparse(node).split(".")[-2:]) in CLOCK_READINGS
    ]
    assert not findings, report(findings)


def test_blanket_excepts_stand_in_three_places_and_the_last_resort_only() -> None:
    findings = [
        f"{path}:{handler.lineno}: blanket except in {function}(); catch what can be expected"
        for path in product_code()
        for function, handler in _handlers(tree(path))
        if _is_blanket(handler) and (path.as_posix(), function) not in BLANKET_EXCEPTS | {LAST_RESORT}
    ]
    assert not findings, report(findings)


def test_the_foundation_knows_no_models() -> None:
    findings = [
        f"{path}:{line}: imports {name}; helpdesk.lib is below the database"
        for path in product_code("helpdesk/lib")
        for line, name in imported_modules(path)
        if name.startswith("django.db") or "models" in name.split(".")
    ]
    assert not findings, report(findings)


def test_the_mail_parser_touches_nothing_outside() -> None:
    findings = [
        f"{path}:{line}: imports {name}; ticketing.mail gets bytes and gives values"
        for path in product_code("ticketing/mail")
        for line, name in imported_modules(path)
        if any(name == module or name.startswith(f"{module}.") for module in NO_IO)
    ]
    assert not findings, report(findings)


def test_services_take_keywords_beyond_subject_and_object() -> None:
    findings = [
        f"{path}:{function.lineno}: {function.name}() takes more than two arguments by position; add a *"
        for path in product_code()
        if {"services", "queries"} & {*path.parts, path.stem}
        for function in tree(path).body
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_")
        if len(function.args.posonlyargs + function.args.args) > 2
    ]
    assert not findings, report(findings)


def test_modules_are_named_after_what_they_hold() -> None:
    findings = [
        f"{path}: {path.stem!r} says nothing; name the module after its noun"
        for path in product_code()
        if path.stem in EMPTY_NAMES
    ]
    assert not findings, report(findings)


def test_modules_say_what_they_are() -> None:
    findings = [
        f"{path}: begin with a docstring that says its place in the flow"
        for path in product_code()
        if (ROOT / path).stat().st_size and not ast.get_docstring(tree(path))
    ]
    assert not findings, report(findings)


def test_no_file_is_longer_than_one_can_read() -> None:
    findings = [
        f"{path}: {lines} lines, the limit is {limit}; split it by what changes together"
        for path in files_ending(".py", ".html", ".css", ".js")
        if "migrations" not in path.parts
        for lines, limit in [(text(path).count("\n"), MAX_TEST_LINES if path.parts[0] == "tests" else MAX_LINES)]
        if lines > limit
    ]
    assert not findings, report(findings)


def _handlers(node: ast.AST, function: str = "<module>") -> Iterator[tuple[str, ast.ExceptHandler]]:
    """Every except clause with the name of the function it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ExceptHandler):
            yield function, child
        inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield from _handlers(child, inside)


def _is_blanket(handler: ast.ExceptHandler) -> bool:
    """Catches everything and does not raise it again at its end."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {ast.unparse(kind) if kind is not None else None for kind in caught}
    last = handler.body[-1]
    raises_again = isinstance(last, ast.Raise) and last.exc is None
    return bool(names & BLANKETS) and not raises_again
