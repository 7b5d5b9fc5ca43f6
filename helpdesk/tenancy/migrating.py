"""Migrating without making every model's class anew at every step.

After each operation Django makes the classes of all models anew that its model leads to, however far; here everything
leads to the organization, so that was fifty classes an operation and nine tenths of the time that an empty database
took. What an operation needs is the class of its own model: the others name it, and find its table and key in the one
that they know. Where those change they are made anew as ever, and so is everything before Python code runs, which asks
across models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Field


class LeanState(ProjectState):
    """The models as of a migration, whose classes are made anew only where others would see a difference."""

    def reload_model(self, app_label: str, model_name: str, delay: bool = False) -> None:  # noqa: FBT001, FBT002  Django's own signature
        """The model's class is as it is described; see the module."""
        if "apps" not in self.__dict__:
            return
        described = self.models[app_label, model_name]
        if self._others_see_a_change(described):
            super().reload_model(app_label, model_name, delay)
            return
        self.is_delayed = True  # Django makes all classes anew before Python code, and at the end
        with self.apps.bulk_update():
            self.apps.unregister_model(app_label, model_name)
        self.apps.render_multiple([described])

    def _others_see_a_change(self, described: ModelState) -> bool:
        """Its table or what can be a key is another than before, or it is what others are built upon."""
        label = f"{described.app_label}.{described.name_lower}"
        if any(label in model.bases for model in self.models.values()):
            return True
        try:
            known = self.apps.get_model(described.app_label, described.name_lower)
        except LookupError:
            return False
        fields = {field.name: field for field in known._meta.local_fields}
        is_same_table = known._meta.original_attrs.get("db_table") == described.options.get("db_table")
        return not is_same_table or _keys(fields) != _keys(described.fields)

    def clone(self) -> LeanState:
        """The same once more, for the next operation to change."""
        copy = super().clone()
        lean = LeanState(copy.models, copy.real_apps)
        lean.is_delayed = copy.is_delayed
        if "apps" in copy.__dict__:
            lean.apps = copy.apps
        return lean


class LeanExecutor(MigrationExecutor):
    """Migrates with `LeanState`."""

    def _create_project_state(self, with_applied_migrations: bool = False) -> ProjectState:  # noqa: FBT001, FBT002  Django's own signature
        state = super()._create_project_state(with_applied_migrations)  # type: ignore[misc]  # the stubs leave it out
        lean = LeanState(state.models, state.real_apps)
        lean.is_delayed = state.is_delayed
        return lean


def _keys(fields: Mapping[str, Field[Any, Any]]) -> dict[str, tuple[Any, ...]]:
    """The fields that others may refer to, by name."""
    return {name: _told(field) for name, field in fields.items() if field.primary_key or field.unique}


def _told(field: Field[Any, Any]) -> tuple[Any, ...]:
    _name, path, arguments, options = field.deconstruct()
    options.pop("serialize", None)  # a class sets it by itself
    return path, arguments, options
