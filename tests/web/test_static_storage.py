"""Collected files: hashed names, imports between our modules included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import call_command


def test_a_module_imports_the_hashed_names_of_others(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "helpdesk.web.static_storage.StaticStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    app = next(tmp_path.glob("js/app.*.js")).read_text()
    names = [line.split('"./')[1].rstrip('";') for line in app.splitlines() if line.startswith("import")]
    assert len(names) > 10
    assert [name for name in names if name.count(".") != 2 or not (tmp_path / "js" / name).exists()] == []
