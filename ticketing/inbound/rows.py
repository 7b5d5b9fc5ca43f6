"""Rows go in without building each statement anew: intake writes the same dozen statements for every mail.

Both walls stand: every statement names the organization of the open scope, and on PostgreSQL the policies apply as
always. What is read beforehand is prepared likewise: `helpdesk.tenancy.prepared`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from django.db import connection, models

from helpdesk.tenancy import work
from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.postgresql.binding import Binder
from helpdesk.tenancy.state import required_organization_id

UNLESS_KNOWN = " ON CONFLICT DO NOTHING"
_Field: TypeAlias = "models.Field[Any, Any]"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a mail's rows hold that is known only once the organization's counters are locked for it."""

    ticket_id: int
    ticket_number: int
    message_id: int
    contact_id: int | None
    position: int  # of the mail's first event


@dataclass(frozen=True, slots=True)
class Later:
    """Stands in a row for what is known later: so rows are made before anybody has to wait for them."""

    of: Callable[[Taken], object]

    def __add__(self, more: int) -> Later:
        """So much more of a number."""
        return Later(lambda taken: self.of(taken) + more)  # type: ignore[operator]  # a number

    def __str__(self) -> str:
        """Raises TypeError: whoever writes it down does not know it yet."""
        raise TypeError("This is not known yet.")


@dataclass(frozen=True, slots=True)
class _Statement:
    """What is to be sent."""

    sql: str
    values: list[Any]
    later: Sequence[tuple[int, _Field]] = ()  # the places of values that are not known yet
    otherwise: Callable[[], Exception] | None = None  # what to raise if no row changed
    columns: int = 0  # of each row whose values follow the statement; 0: it has a place for each of them itself
    end: str = ""  # behind the rows

    def fill(self, taken: Taken) -> None:
        """Every value is known."""
        for place, column in self.later:
            [self.values[place]], _ = _prepared([(column, self.values[place].of(taken))])

    def with_places(self) -> str:
        """The whole of it, with a place for each value."""
        if not self.columns:
            return self.sql
        group = f"({', '.join(['%s'] * self.columns)})"
        return self.sql + ", ".join([group] * (len(self.values) // self.columns)) + self.end

    def bound(self, binder: Binder) -> bytes:
        """The whole of it, with its values."""
        if not self.columns:
            return binder.bound(self.sql, self.values)
        literals = binder.literals(self.values)
        rows = [b",".join(literals[at : at + self.columns]) for at in range(0, len(literals), self.columns)]
        return b"%s(%s)%s" % (self.sql.encode(), b"),(".join(rows), self.end.encode())


class Writes:
    """Statements that go to the database together: on PostgreSQL in one round trip."""

    def __init__(self) -> None:
        self._statements: list[_Statement] = []

    def insert(self, rows: Iterable[TenantModel], *, end: str = "") -> None:
        """The rows will be there; their ids stay unknown unless they were reserved. All of one model.

        end: of the statement; UNLESS_KNOWN for rows that may be there.
        """
        wanted = list(rows)
        if not wanted:
            return
        for row in wanted:
            row.claim_organization()
        head, fields = _insert_parts(type(wanted[0]), wanted[0].pk is not None)
        values, later = _prepared((each, getattr(row, each.attname)) for row in wanted for each in fields)
        self._statements.append(_Statement(head, values, later, columns=len(fields), end=end))

    def update(
        self,
        model: type[TenantModel],
        where: Mapping[str, Any],
        still: Mapping[str, str] | None = None,
        otherwise: Callable[[], Exception] | None = None,
        /,
        **values: Any,
    ) -> None:
        """The rows whose columns equal `where` will hold these values; `otherwise` is raised if there is none.

        still: texts that the columns must hold as well. No index is searched for these: while a backlog waits, all of
        it would be found by what it waits for.
        """
        checked = still or {}
        sql, fields = _update_parts(model, tuple(values), tuple(where), tuple(checked))
        given = [*values.values(), *where.values(), *checked.values()]
        parameters, later = _prepared(zip(fields, given, strict=True))
        self._statements.append(_Statement(sql, [*parameters, required_organization_id()], later, otherwise))

    def also(self, sql: str, values: Sequence[Any]) -> None:
        """This statement goes along. It names its organization itself, if its table has one."""
        self._statements.append(_Statement(sql, list(values)))

    def finish(self, claim: work.Claim) -> None:
        """The claim will be finished; flushing raises LeaseLost if it no longer holds."""
        sql, values = work.finishing(claim)
        self._statements.append(_Statement(sql, list(values), otherwise=work.LeaseLost))

    def flush(self, taken: Taken | None = None) -> None:
        """All of it is written, in order. Raises what a statement that found nothing asked for.

        taken: for rows that wait for it.
        """
        statements, self._statements = self._statements, []
        if not statements:
            return
        if taken is not None:
            for statement in statements:
                statement.fill(taken)
        if connection.vendor == "postgresql":
            self._flush_at_once(statements)
            return
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.with_places(), statement.values)
                if statement.otherwise is not None and not cursor.rowcount:
                    raise statement.otherwise()

    def _flush_at_once(self, statements: list[_Statement]) -> None:
        binder = Binder()
        with connection.cursor() as cursor:
            cursor.execute(b";".join(statement.bound(binder) for statement in statements))  # type: ignore[arg-type]  # the driver takes bytes
            for statement in statements:
                if statement.otherwise is not None and not cursor.rowcount:
                    raise statement.otherwise()
                cursor.nextset()


@lru_cache(maxsize=64)
def _insert_parts(model: type[TenantModel], has_id: bool) -> tuple[str, list[_Field]]:  # noqa: FBT001  cached by position
    fields = [each for each in model._meta.concrete_fields if has_id or not each.primary_key]
    columns = ", ".join(_quoted(each.column) for each in fields)
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ", fields  # noqa: S608  names of the model


@lru_cache(maxsize=64)
def _update_parts(
    model: type[TenantModel], values: tuple[str, ...], where: tuple[str, ...], still: tuple[str, ...]
) -> tuple[str, list[_Field]]:
    by_name = {each.attname: each for each in model._meta.concrete_fields}
    changes = ", ".join(f"{_quoted(by_name[name].column)} = %s" for name in values)
    wanted = [f"{_quoted(by_name[name].column)} = %s" for name in where]
    wanted += [f"{_quoted(by_name[name].column)} || '' = %s" for name in still]
    conditions = " AND ".join(wanted)
    table = _quoted(model._meta.db_table)
    sql = f"UPDATE {table} SET {changes} WHERE {conditions} AND organization_id = %s"  # noqa: S608  names of the model
    return sql, [by_name[name] for name in (*values, *where, *still)]


def _prepared(values: Iterable[tuple[_Field, Any]]) -> tuple[list[Any], list[tuple[int, _Field]]]:
    """The values as the database takes them, and the places of those that are not known yet."""
    ready: list[Any] = []
    later: list[tuple[int, _Field]] = []
    takes_values = connection.vendor == "postgresql"  # its driver does, of everything but JSON
    for column, value in values:
        if type(value) is Later:
            later.append((len(ready), column))
        elif not takes_values or isinstance(column, models.JSONField):
            value = column.get_db_prep_save(value, connection)  # noqa: PLW2901  the same, as the database takes it
        ready.append(value)
    return ready, later


def _quoted(name: str | None) -> str:
    return f'"{name}"'
