"""Every named step at which a process may die is one at which a test lets it die."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import files_ending, product_code, report, tree


def test_each_fault_point_has_a_test_that_kills_there() -> None:
    killed = {plan.partition(":kill")[0] for plan in _plans() if ":kill" in plan}
    findings = [
        f"{path}:{line}: no test in tests/faults kills at {name!r}; add one that then counts what is left"
        for path in product_code()
        for line, name in _points(path)
        if name not in killed
    ]
    assert not findings, report(findings)


def test_each_kill_is_at_a_point_that_exists() -> None:
    names = {name for path in product_code() for _, name in _points(path)}
    findings = [f"{plan!r} names no point of the product" for plan in _plans() if plan.partition(":")[0] not in names]
    assert not findings, report(findings)


def _points(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "faults.point":
            assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}: a point's name is a plain string"
            yield node.lineno, str(node.args[0].value)


def _plans() -> Iterator[str]:
    """What the fault tests arm: every string such as "poll.opened:kill" or "poll.counted:stop:3"."""
    for path in files_ending(".py"):
        if path.as_posix().startswith("tests/faults/test_"):
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and ":kill" in node.value:
                    yield node.value
