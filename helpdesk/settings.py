"""Django settings of Postroom. Everything that differs between installations comes from `helpdesk.env`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from helpdesk.env import (
    BASE_DIR,
    IS_EMBEDDED,
    address,
    env,
    flag,
    installation_secret,
    log_level,
    mail_domain,
    mail_server,
    networks,
    number,
    ports,
    public_address,
    spam_daemon,
    taught_spam_daemon,
    time_zone,
)
from helpdesk.env import DATA_DIR as DATA_DIR
from helpdesk.tenancy.databases import database_settings
from helpdesk.web.security import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY

DEMO = flag("DEMO")
DEBUG = False
SECRET_KEY = installation_secret("SECRET_KEY")
ENCRYPTION_KEYS = installation_secret("ENCRYPTION_KEYS")
BASE_URL = address("BASE_URL", default="http://127.0.0.1:8000")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if IS_EMBEDDED else [])
PUBLIC_URL = public_address("PUBLIC_URL", base_url=BASE_URL)
IS_HTTPS = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "django_htmx",
    "django_prose_editor",
    "js_asset",
    "csp",
    "drf_spectacular_sidecar",  # static files alone
    "helpdesk.tenancy",
    "helpdesk.accounts",
    "helpdesk.web",
    "mailboxes",
    "ticketing",
    *(["helpdesk.sandbox"] if DEMO else []),
]
MIDDLEWARE = [
    "helpdesk.web.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "helpdesk.web.security.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "helpdesk.web.body_limit.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "helpdesk.accounts.middleware.OrganizationMiddleware",
    "helpdesk.web.timezones.ViewerMiddleware",
]
ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "helpdesk.web.context.shell",
            ],
            "builtins": ["helpdesk.web.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = database_settings(
    url=env.str("DATABASE_URL", default=""),
    owner_url=env.str("DATABASE_OWNER_URL", default=""),
    embedded_path=DATA_DIR / "postroom.sqlite3",
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": env.str("CACHE_URL", default="")}
        if env.str("CACHE_URL", default="")
        else {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": DATA_DIR / "cache",
            "OPTIONS": {"MAX_ENTRIES": 2_000},  # beyond it a third goes at random, places and limits among them
        }
    )
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # nobody signs up; says that signing in takes address and password
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_ADAPTER = "helpdesk.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "helpdesk.accounts.forms.signing_in.SignInForm",
    "reset_password": "helpdesk.accounts.forms.signing_in.AskForPasswordForm",
    "reset_password_from_key": "helpdesk.accounts.forms.signing_in.NewPasswordForm",
    "change_password": "helpdesk.accounts.forms.signing_in.ChangePasswordForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 (a class)
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,20/5m/ip", "reset_password": "5/5m/key,20/5m/ip"}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if flag("BEHIND_PROXY") else 0
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

SESSION_ENGINE = "helpdesk.accounts.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "helpdesk.web.errors.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("BEHIND_PROXY") else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
TIME_ZONE = time_zone("TIME_ZONE", default="UTC")
USE_I18N = USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "helpdesk" / "locale"]

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
IS_TEST = flag("POSTROOM_TEST")
# Embedded, the files are served from where they lie; nothing is collected.
STATIC_ROOT = None if IS_TEST or IS_EMBEDDED else env.str("STATIC_DIR", default=str(DATA_DIR / "static"))
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if IS_TEST or IS_EMBEDDED
            else "helpdesk.web.static_storage.StaticStorage"
        ),
        # Unlike attachments: collected by whoever installs, read by the account that serves.
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}
WHITENOISE_USE_FINDERS = IS_TEST or IS_EMBEDDED
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(mail_server("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="postroom@localhost")

MAIL_DOMAIN = mail_domain("MAIL_DOMAIN")
MAIL_ALLOWED_NETWORKS = networks("MAIL_ALLOWED_NETWORKS")
MAIL_ALLOWED_PORTS = ports("MAIL_ALLOWED_PORTS")
MAIL_ALLOW_CLEARTEXT = flag("MAIL_ALLOW_CLEARTEXT")
MAIL_CA_FILE = env.str("MAIL_CA_FILE", default="")
MAIL_CONNECT_TIMEOUT_S = number("MAIL_CONNECT_TIMEOUT_S", default=15, least=1)
MAIL_READ_TIMEOUT_S = number("MAIL_READ_TIMEOUT_S", default=60, least=1)
SPAM_DAEMON = spam_daemon("SPAM_DAEMON_URL")  # None: the operator runs none, and nobody is asked
SPAM_TEACHING = taught_spam_daemon("SPAM_DAEMON_LEARN_URL", asked=SPAM_DAEMON)  # is told people's marks; None: nobody
POLL_INTERVAL_S = int(number("POLL_INTERVAL_S", default=60, least=10, most=86_400))
POLLS_PER_HOST = int(number("POLLS_PER_HOST", default=12, least=1))
ORGANIZATION_SHARE_PERCENT = number("ORGANIZATION_SHARE_PERCENT", default=75, least=1)
MAIL_PER_SENDER_AND_HOUR = int(number("MAIL_PER_SENDER_AND_HOUR", default=2000, least=0))
MAIL_OF_STRANGERS_PER_HOUR = int(number("MAIL_OF_STRANGERS_PER_HOUR", default=20_000, least=0))
ANSWERS_PER_ADDRESS_AND_HOUR = int(number("ANSWERS_PER_ADDRESS_AND_HOUR", default=30, least=0))
KEPT_CONNECTIONS = int(number("KEPT_CONNECTIONS", default=200, least=0))
# The installation's own apps at providers; empty: each organization registers one of its own.
MICROSOFT_CLIENT_ID = env.str("MICROSOFT_CLIENT_ID", default="").strip()
MICROSOFT_CLIENT_SECRET = env.str("MICROSOFT_CLIENT_SECRET", default="").strip()
GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", default="").strip()
GOOGLE_CLIENT_SECRET = env.str("GOOGLE_CLIENT_SECRET", default="").strip()

API_CALLS_PER_MINUTE = int(number("API_CALLS_PER_MINUTE", default=600, least=1))
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["ticketing.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["ticketing.api.authentication.MayDoThis"],
    "DEFAULT_THROTTLE_CLASSES": ["ticketing.api.authentication.TokenThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["ticketing.api.parsing.Json"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "ticketing.api.problems.answer_to",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Postroom",
    "VERSION": "1",
    "DESCRIPTION": "Tickets, messages and what they refer to. Every call carries the token of an integration.",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "ticketing.models.Status.choices",
        "PriorityEnum": "ticketing.models.Priority.choices",
        "MessageKindEnum": "ticketing.models.MessageKind.choices",
        "NewMessageKindEnum": "ticketing.api.asked.KINDS",
    },
}

LEASE_S = number("LEASE_S", default=60, least=1)
RECONCILE_S = int(number("RECONCILE_S", default=45 * 60))
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "helpdesk.web.request_ids.RequestIdFilter"}},
    "formatters": {
        "line": {
            "()": "helpdesk.lib.log_lines.FieldsFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["request_id"], "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": log_level("LOG_LEVEL", default="INFO")},
    "loggers": {
        "imapclient": {"level": "WARNING"},
        "mail.log": {"level": "ERROR"},  # aiosmtpd: addresses, and with DEBUG the mail itself
        "celery": {"level": "WARNING"},  # below: two lines a second for the sweep alone
        "django.security.DisallowedHost": {"level": "ERROR"},
    },
}
