"""The application that gunicorn serves."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application

from helpdesk.running.starting import require_plain_role

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
application = get_wsgi_application()
require_plain_role()
# What is loaded by now stays until the process ends, and a page makes thousands of objects that end with it: looking
# through all of them every few hundred costs a tenth of the page.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 10, 10)
