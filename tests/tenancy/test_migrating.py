"""Migrating makes few classes anew, and the same tables as Django's own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState
from pytest_django import DjangoDbBlocker

from helpdesk.tenancy.databases import database_settings
from helpdesk.tenancy.migrating import LeanExecutor, LeanState

NAMES = ("house", "room", "chair")


def described(name: str, **fields: Any) -> ModelState:
    return ModelState("tests", name, [("id", models.AutoField(primary_key=True)), *fields.items()])


@pytest.fixture
def state() -> LeanState:
    """A house with rooms with chairs, whose classes have been asked for."""
    made = LeanState()
    made.add_model(described("House", number=models.IntegerField(unique=True)))
    made.add_model(described("Room", house=models.ForeignKey("tests.House", models.CASCADE)))
    made.add_model(described("Chair", room=models.ForeignKey("tests.Room", models.CASCADE)))
    assert made.apps.get_model("tests", "house")
    return made


def classes(state: ProjectState) -> dict[str, Any]:
    return {name: state.apps.get_model("tests", name) for name in NAMES}


def add_text(state: ProjectState) -> None:
    state.add_field("tests", "room", "name", models.TextField(), preserve_default=True)


def add_reference(state: ProjectState) -> None:
    field = models.ForeignKey("tests.House", models.CASCADE, null=True)
    state.add_field("tests", "chair", "house", field, preserve_default=True)


def widen_key(state: ProjectState) -> None:
    state.alter_field("tests", "house", "id", models.BigAutoField(primary_key=True), preserve_default=True)


def change_unique_column(state: ProjectState) -> None:
    field = models.CharField(max_length=9, unique=True)
    state.alter_field("tests", "house", "number", field, preserve_default=True)


def rename_table(state: ProjectState) -> None:
    state.alter_model_options("tests", "house", {"db_table": "houses"})


@pytest.mark.parametrize(
    ("change", "anew"),
    [
        (add_text, {"room"}),
        (add_reference, {"chair"}),
        (widen_key, set(NAMES)),
        (change_unique_column, {"house", "room"}),
        (rename_table, {"house", "room"}),
    ],
)
def test_a_change_that_others_do_not_see_makes_one_class_anew(
    state: LeanState, change: Callable[[ProjectState], None], anew: set[str]
) -> None:
    before, after = classes(state), state.clone()
    change(after)
    assert {name for name, made in classes(after).items() if made is not before[name]} == anew
    assert classes(state) == before


def test_python_code_sees_every_class_as_it_is(state: LeanState) -> None:
    add_text(state)
    add_reference(state)
    state.clear_delayed_apps_cache()
    house, room, chair = classes(state).values()
    assert room._meta.get_field("house").remote_field.model is house
    assert {relation.related_model for relation in house._meta.related_objects} == {room, chair}


@pytest.fixture
def empty_database(django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[[str], Any]]:
    """Makes a connection to an empty database, under this name."""
    made: list[str] = []

    def connect(name: str) -> Any:
        settings = database_settings(url="", owner_url="", embedded_path=Path(":memory:"))
        connections.settings[name] = connections.configure_settings(settings)["default"]
        made.append(name)
        return connections[name]

    with django_db_blocker.unblock():
        yield connect
        for name in made:
            connections[name].close()
            del connections[name]
            del connections.settings[name]


@pytest.mark.long
def test_the_tables_are_those_that_the_framework_makes(empty_database: Callable[[str], Any]) -> None:
    def tables(executor: type[MigrationExecutor]) -> set[tuple[str, str]]:
        connection = empty_database(executor.__name__)
        migrating = executor(connection)
        migrating.migrate(migrating.loader.graph.leaf_nodes("mailboxes"))  # all would take three times as long
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master")
            return set(cursor.fetchall())

    lean = tables(LeanExecutor)
    assert len(lean) > 100
    assert lean == tables(MigrationExecutor)
