"""Queries that are compiled once and then asked with other values.

Django compiles a query at each use, which costs several times what the database needs for it; so the queries of intake
and of the pages that people open all day stand here once for each database. Both walls stand: every statement names
the organization of the open scope, and on PostgreSQL the policies apply as always.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql.compiler import SQLCompiler
from django_scopes import ScopeError, scope

from helpdesk.tenancy.postgresql.binding import PLACE, Binder
from helpdesk.tenancy.state import DIMENSION, required_organization_id

T = TypeVar("T")
Row = tuple[Any, ...]
Value = int | str | datetime | Model | Sequence[int] | Sequence[str] | None
_Shape = tuple[tuple[str, type, int | None], ...]  # name, type and length of each value; None: no list

_ORGANIZATION = 8_100_000_000_000_000  # stands for the organization while a statement is compiled
_MOMENT = datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
_MAX_SHAPES = 500  # compiled forms of one query: they differ by what shapes it and by the lengths of its lists


@dataclass(frozen=True)
class Parts:
    """What a statement is made of, before its values are known to be such."""

    sql: str
    parameters: Sequence[Any]
    read: Callable[[list[Row]], list[Any]]  # from the rows as the driver gives them


@dataclass(frozen=True)
class _Compiled:
    sql: str
    places: list[tuple[int | None, Any]]  # of each parameter: which value it is, or None and the parameter itself
    read: Callable[[list[Row]], list[Any]]


def parts_of(queryset: QuerySet[Any, Any]) -> Parts:
    """The queryset's statement; reads tuples for `values_list`, else instances with what `select_related` names."""
    compiler = queryset.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    return Parts(sql, parameters, _reading(queryset, compiler))


class Prepared(Generic[T]):
    """A query by its values: `build` gets by position what shapes it, and the values by name.

    Values are whole numbers (of 64 bits), texts, moments, non-empty lists of numbers or texts, instances and None.
    They may only be compared as they are. An instance has its key and organization alone while the query is built:
    whatever else of it a query needs is a value of its own, and reading it there raises.
    is_scoped: False for the tables that are read before an organization is known; no other can be named then.
    spreads_lists: True where a list is asked for otherwise than with `__in`, so that each item has a place of its own.
    """

    def __init__(
        self,
        build: Callable[..., Any],
        *,
        parts: Callable[[Any], Parts] = parts_of,
        is_scoped: bool = True,
        spreads_lists: bool = False,
    ) -> None:
        self._build = build
        self._parts = parts
        self.is_scoped = is_scoped
        self._spreads_lists = spreads_lists
        self._compiled: dict[tuple[str, tuple[Hashable, ...], _Shape], _Compiled] = {}

    def rows(self, *shaped_by: Hashable, **values: Value) -> list[T]:
        """What the query finds for these values in the organization of the open scope.

        Raises ScopeError outside a scope, and for an instance of another organization.
        """
        known = _ahead.get()
        if known:
            found_before = known.get(_key(Question(self, shaped_by, values)))
            if found_before is not None:
                return list(found_before)
        compiled, parameters = self._asked(shaped_by, values)
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, parameters)
            found: list[Row] = cursor.fetchall()
        return compiled.read(found)

    def asking(self, *shaped_by: Hashable, **values: Value) -> Question:
        """What `rows` would ask, for `read_ahead`."""
        return Question(self, shaped_by, values)

    def _asked(self, shaped_by: tuple[Hashable, ...], values: Mapping[str, Value]) -> tuple[_Compiled, list[Any]]:
        """The statement and its parameters."""
        takes_lists = self._takes_lists()
        flat: list[Any] = [required_organization_id() if self.is_scoped else None]
        for value in values.values():
            items = _items(value, organization_id=flat[0])
            flat += [_array(items)] if takes_lists and _length(value) else items
        shape = tuple((name, _kind(each), _length(each, is_one=takes_lists)) for name, each in values.items())
        compiled = self._for(shaped_by, shape)
        return compiled, [each if number is None else flat[number] for number, each in compiled.places]

    def first(self, *shaped_by: Hashable, **values: Value) -> T | None:
        """The first of `rows`, or None. The query itself says that one is enough."""
        found = self.rows(*shaped_by, **values)
        return found[0] if found else None

    def _takes_lists(self) -> bool:
        """True where a whole list is one value."""
        return connection.vendor == "postgresql" and not self._spreads_lists

    def _for(self, shaped_by: tuple[Hashable, ...], shape: _Shape) -> _Compiled:
        key = (connection.vendor, shaped_by, shape)
        compiled = self._compiled.get(key)
        if compiled is None:
            if len(self._compiled) >= _MAX_SHAPES:
                self._compiled.clear()
            compiled = self._compiled[key] = self._compile(shaped_by, shape)
        return compiled

    def _compile(self, shaped_by: tuple[Hashable, ...], shape: _Shape) -> _Compiled:
        marks: dict[object, int] = {_ORGANIZATION: 0}
        with scope(**{DIMENSION: _ORGANIZATION if self.is_scoped else None}):
            stand_ins = {name: _marked(kind, length, marks) for name, kind, length in shape}
            parts = self._parts(self._build(*shaped_by, **stand_ins))
        places = [(marks.get(parameter), parameter) for parameter in parts.parameters]
        if self._takes_lists():
            lists = {marks[value[0]] for value in stand_ins.values() if isinstance(value, list) and value}
            parts = replace(parts, sql=_with_lists(parts.sql, [number in lists for number, _ in places]))
        if self.is_scoped and not any(number == 0 for number, _ in places):
            raise ScopeError("A prepared query must name the organization of the scope.")
        return _Compiled(parts.sql, places, parts.read)


@dataclass(frozen=True, slots=True)
class Question:
    """A prepared query with its values."""

    query: Prepared[Any]
    shaped_by: tuple[Hashable, ...]
    values: Mapping[str, Value]

    def rows(self) -> list[Any]:
        """The answer."""
        return self.query.rows(*self.shaped_by, **self.values)


_ahead: ContextVar[dict[Hashable, list[Any]] | None] = ContextVar("read_ahead", default=None)


@contextmanager
def reading_ahead() -> Iterator[None]:
    """Inside the block, which is in one transaction and writes nothing, `read_ahead` may be called."""
    token = _ahead.set({})
    try:
        yield
    finally:
        _ahead.reset(token)


def read_ahead(*questions: Question) -> None:
    """What these ask is read in one round trip, and until the end of the block `rows` gives it without asking.

    Only sooner, never otherwise: what is not asked here `rows` asks by itself. So it does on SQLite, which is no trip
    away, and outside of `reading_ahead`.
    """
    known = _ahead.get()
    if known is None or len(questions) < 2 or connection.vendor != "postgresql":
        return
    asked = [question.query._asked(question.shaped_by, question.values) for question in questions]
    binder = Binder()
    with connection.cursor() as cursor:
        cursor.execute(b";".join(binder.bound(compiled.sql, parameters) for compiled, parameters in asked))  # type: ignore[arg-type]  # the driver takes bytes
        for question, (compiled, _) in zip(questions, asked, strict=True):
            known[_key(question)] = compiled.read(cursor.fetchall())
            cursor.nextset()


def _key(question: Question) -> Hashable:
    values = tuple((name, value if _length(value) is None else tuple(value)) for name, value in question.values.items())  # type: ignore[arg-type]  # a list
    organization_id = required_organization_id() if question.query.is_scoped else None
    return question.query, organization_id, question.shaped_by, values


def _array(items: Sequence[Any]) -> str:
    """The list as one value. By hand: the driver takes twenty times as long for the words of a mail."""
    if isinstance(items[0], str):
        escaped = [item.replace("\\", "\\\\").replace('"', '\\"') for item in items]
        return '{"' + '","'.join(escaped) + '"}'
    return "{" + ",".join(map(str, items)) + "}"


def _kind(value: Value) -> type:
    if isinstance(value, int | str | datetime | Model) or value is None:
        return type(value)
    return type(next(iter(value), None))


def _length(value: Value, *, is_one: bool = False) -> int | None:
    """How many stand-ins a list needs; None: it is no list. is_one: a list of any length is one value."""
    if isinstance(value, int | str | datetime | Model) or value is None:
        return None
    return min(len(value), 1) if is_one else len(value)


def _with_lists(sql: str, is_list: Sequence[bool]) -> str:
    """The statement with `= ANY(%s)` for the places that take a whole list: short, and the same for any length."""
    pieces = PLACE.split(sql)
    for number, wanted in enumerate(is_list):
        if not wanted:
            continue
        if not pieces[number].endswith("IN (") or not pieces[number + 1].startswith(")"):
            raise ValueError("A list of a prepared query may only be asked with `__in`.")
        pieces[number] = f"{pieces[number].removesuffix('IN (')}= ANY("
    return "%s".join(pieces)


def _items(value: Value, *, organization_id: int | None) -> Sequence[Any]:
    if isinstance(value, int | str):
        return [value]
    if isinstance(value, Model):
        if getattr(value, "organization_id", organization_id) != organization_id:
            raise ScopeError("This row belongs to another organization than the open scope.")
        return [value.pk]
    if isinstance(value, datetime):
        return [connection.ops.adapt_datetimefield_value(value)]
    return [] if value is None else value


def _marked(kind: type, length: int | None, marks: dict[object, int]) -> object:
    """Stand-ins for a value, noted in `marks` by the place of the real one."""

    def mark() -> object:
        place = len(marks)
        if issubclass(kind, datetime):
            moment = _MOMENT + timedelta(days=place)
            marks[connection.ops.adapt_datetimefield_value(moment)] = place
            return moment
        stand_in = str(_ORGANIZATION + place) if issubclass(kind, str) else _ORGANIZATION + place
        marks[stand_in] = place
        return _bare(kind, stand_in) if issubclass(kind, Model) else stand_in

    if kind is type(None):
        return None if length is None else []
    return mark() if length is None else [mark() for _ in range(length)]


def _bare(model: type[Model], key: object) -> Model:
    """An instance that knows its key and organization; reading more of it finds no row and raises."""
    known = {str(model._meta.pk.attname): key}
    if any(field.attname == "organization_id" for field in model._meta.concrete_fields):
        known["organization_id"] = _ORGANIZATION
    return model.from_db(DEFAULT_DB_ALIAS, list(known), list(known.values()))


def _reading(queryset: QuerySet[Any, Any], compiler: SQLCompiler) -> Callable[[list[Row]], list[Any]]:
    """From rows as the driver gives them to what iterating the queryset would give."""
    converters = compiler.get_converters([entry[0] for entry in compiler.select])
    is_of_models = issubclass(queryset._iterable_class, ModelIterable)
    made_of = _instances(compiler) if is_of_models else _tuples

    def read(rows: list[Row]) -> list[Any]:
        converted: Iterable[Any] = rows
        if converters:  # by a compiler of this thread: it hands its connection to them
            converted = queryset.query.get_compiler(connection=connection).apply_converters(rows, converters)
        return made_of(converted)

    return read


def _tuples(rows: Iterable[Any]) -> list[Any]:
    return [tuple(row) for row in rows]


def _instances(compiler: SQLCompiler) -> Callable[[Iterable[Any]], list[Any]]:
    """As Django's ModelIterable makes them."""
    info = compiler.klass_info
    model, start, end = info["model"], info["select_fields"][0], info["select_fields"][-1] + 1
    names = [entry[0].target.attname for entry in compiler.select[start:end]]
    related = get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # the stubs' is a later Django's
    annotations = list((compiler.annotation_col_map or {}).items())

    def instance(row: Any) -> Any:
        made = model.from_db(DEFAULT_DB_ALIAS, names, row[start:end])
        for each in related:
            each.populate(row, made)
        for name, place in annotations:
            setattr(made, name, row[place])
        return made

    return lambda rows: [instance(row) for row in rows]
