# Two stages: packages are installed with pip in the first, the second carries neither compiler nor cache.
FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/postroom
COPY requirements/sandbox.txt /tmp/requirements.txt
RUN /opt/postroom/bin/pip install --require-hashes -r /tmp/requirements.txt

FROM python:3.12-slim
ENV PATH=/opt/postroom/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/var/lib/postroom STATIC_DIR=/srv/static
RUN useradd --system --uid 10001 --home-dir /var/lib/postroom --create-home postroom
COPY --from=build /opt/postroom /opt/postroom
WORKDIR /srv/postroom
COPY manage.py ./
COPY helpdesk helpdesk
COPY mailboxes mailboxes
COPY ticketing ticketing
COPY templates templates
COPY static static
# Only to collect the static files: these keys are not in the image's environment and open nothing.
RUN DATABASE_URL=sqlite:////tmp/none SECRET_KEY=build \
    ENCRYPTION_KEYS=build:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    python manage.py collectstatic --noinput --verbosity 0
USER postroom
EXPOSE 8000
CMD ["gunicorn", "helpdesk.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
