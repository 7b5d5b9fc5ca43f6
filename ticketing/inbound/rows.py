"""Rows go in without building each statement anew: intake writes the same dozen statements for every mail.

Both walls stand: every statement names the organization of the open scope, and on PostgreSQL the policies apply as
always. What is read beforehand is prepared likewise: `helpdesk.tenancy.prepared`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection, models

from helpdesk.tenancy import work
from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.postgresql.binding import Binder
from helpdesk.tenancy.state import required_organization_id

UNLESS_KNOWN = " ON CONFLICT DO NOTHING"
_NEXT_ID = "nextval(pg_get_serial_sequence(%s, 'id'))"


@dataclass(frozen=True, slots=True)
class _Statement:
    """What is to be sent."""

    sql: str
    values: list[Any]
    otherwise: Callable[[], Exception] | None = None  # what to raise if no row changed
    columns: int = 0  # of each row whose values follow the statement; 0: it has a place for each of them itself
    end: str = ""  # behind the rows

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


def reserve(*models_wanted: type[TenantModel]) -> list[int]:
    """An id for a new row of each model, in one statement. Inside the transaction that inserts the rows."""
    tables = [str(model._meta.db_table) for model in models_wanted]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT {', '.join(_NEXT_ID for _ in tables)}", tables)
            return list(cursor.fetchone())
        # SQLite: nobody else can insert before this transaction ends.
        cursor.execute("SELECT name, seq FROM sqlite_sequence")
        last: dict[str, int] = dict(cursor.fetchall())
    for number, table in enumerate(tables):
        last[table] = last.get(table, 0) + 1
        tables[number] = str(last[table])
    return [int(text) for text in tables]


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
        values = _prepared((field, getattr(row, field.attname)) for row in wanted for field in fields)
        self._statements.append(_Statement(head, values, columns=len(fields), end=end))

    def update(
        self,
        model: type[TenantModel],
        where: Mapping[str, Any],
        otherwise: Callable[[], Exception] | None = None,
        /,
        **values: Any,
    ) -> None:
        """The rows whose columns equal `where` will hold these values; `otherwise` is raised if there is none."""
        sql, fields = _update_parts(model, tuple(values), tuple(where))
        given = [*values.values(), *where.values()]
        parameters = _prepared(zip(fields, given, strict=True))
        self._statements.append(_Statement(sql, [*parameters, required_organization_id()], otherwise))

    def also(self, sql: str, values: Sequence[Any]) -> None:
        """This statement goes along. It names its organization itself, if its table has one."""
        self._statements.append(_Statement(sql, list(values)))

    def finish(self, claim: work.Claim) -> None:
        """The claim will be finished; flushing raises LeaseLost if it no longer holds."""
        sql, values = work.finishing(claim)
        self._statements.append(_Statement(sql, list(values), work.LeaseLost))

    def flush(self) -> None:
        """All of it is written, in order. Raises what a statement that found nothing asked for."""
        statements, self._statements = self._statements, []
        if not statements:
            return
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
def _insert_parts(model: type[TenantModel], has_id: bool) -> tuple[str, list[models.Field[Any, Any]]]:  # noqa: FBT001  cached by position
    fields = [field for field in model._meta.concrete_fields if has_id or not field.primary_key]
    columns = ", ".join(_quoted(field.column) for field in fields)
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ", fields  # noqa: S608  names of the model


@lru_cache(maxsize=64)
def _update_parts(
    model: type[TenantModel], values: tuple[str, ...], where: tuple[str, ...]
) -> tuple[str, list[models.Field[Any, Any]]]:
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    changes = ", ".join(f"{_quoted(by_name[name].column)} = %s" for name in values)
    conditions = " AND ".join(f"{_quoted(by_name[name].column)} = %s" for name in where)
    table = _quoted(model._meta.db_table)
    sql = f"UPDATE {table} SET {changes} WHERE {conditions} AND organization_id = %s"  # noqa: S608  names of the model
    return sql, [by_name[name] for name in (*values, *where)]


def _prepared(values: Iterable[tuple[models.Field[Any, Any], Any]]) -> list[Any]:
    """The values as the database takes them. PostgreSQL's driver takes everything but JSON as it is."""
    if connection.vendor == "postgresql":
        return [
            field.get_db_prep_save(value, connection) if isinstance(field, models.JSONField) else value
            for field, value in values
        ]
    return [field.get_db_prep_save(value, connection) for field, value in values]


def _quoted(name: str | None) -> str:
    return f'"{name}"'
