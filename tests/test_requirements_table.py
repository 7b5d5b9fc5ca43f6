"""The check of docs/requirements.md finds every way in which the table can be untrue."""

from pathlib import Path

import pytest

from tests.requirements_table import Mark, problems, read_marks, read_rows, renewed, summary

TABLE = "| Row | What | State | Tests |\n|---|---|---|---|\n| S1.1 | One | open |  |\n| S1.2 | Two | done |  |\n"
MARK = Mark("S1.2", Path("flows/test_reply.py"), 3)


def test_marks_are_read_from_functions_classes_modules_and_parameters(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        'import pytest\npytestmark = [pytest.mark.req("S1.1")]\n'
        '@pytest.mark.req("S1.2", "F3")\ndef test_a(): ...\n'
        'x = pytest.param(1, marks=pytest.mark.req("S1.3"))\n'
    )
    assert sorted(mark.row for mark in read_marks(tmp_path)) == ["F3", "S1.1", "S1.2", "S1.3"]


def test_a_row_that_is_not_a_plain_string_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text("import pytest\npytestmark = pytest.mark.req(ROWS)\n")
    with pytest.raises(ValueError, match="plain strings"):
        list(read_marks(tmp_path))


def test_renewing_fills_the_tests_column_and_keeps_the_rest() -> None:
    text = renewed(TABLE, [MARK])
    assert [row.tests for row in read_rows(text)] == ["", "flows/test_reply.py"]
    assert text.replace("flows/test_reply.py", "") == TABLE


def test_a_true_table_has_no_problems() -> None:
    assert problems(renewed(TABLE, [MARK]), [MARK]) == []


def test_a_done_row_without_a_test_is_a_problem() -> None:
    assert problems(TABLE, []) == ["S1.2 claims to be done, but no test names it"]


def test_a_mark_for_an_unknown_row_is_a_problem() -> None:
    wrong = Mark("S9.9", Path("test_x.py"), 4)
    assert "tests/test_x.py:4: there is no row S9.9" in problems(renewed(TABLE, [MARK]), [MARK, wrong])


def test_failure_reports_may_be_named() -> None:
    assert problems(renewed(TABLE, [MARK]), [MARK, Mark("F112", Path("test_x.py"), 4)]) == []


def test_a_table_that_misses_a_test_is_a_problem() -> None:
    assert "not up to date" in problems(TABLE, [MARK])[0]


def test_a_state_of_ones_own_invention_is_a_problem() -> None:
    text = TABLE.replace("| open |", "| nearly |")
    assert "S1.1 is 'nearly'; write open or done" in problems(renewed(text, [MARK]), [MARK])


def test_the_summary_counts_rows_and_failure_reports() -> None:
    marks = [MARK, Mark("F1", Path("test_x.py"), 1)]
    assert summary(read_rows(TABLE), marks) == (
        "1 of 2 rows have a test, 1 claimed done; 1 of 112 failure reports have a test."
    )
