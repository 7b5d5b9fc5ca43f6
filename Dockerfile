# Two stages: packages are installed with pip in the first, the second carries neither compiler nor cache.
FROM python:3.12.12-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/postroom
COPY requirements/sandbox.txt /tmp/requirements.txt
RUN /opt/postroom/bin/pip install --require-hashes -r /tmp/requirements.txt

FROM python:3.12.12-slim-bookworm
ENV PATH=/opt/postroom/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/var/lib/postroom STATIC_DIR=/srv/static
# A new volume takes its owner and mode from this folder.
RUN useradd --uid 10001 --home-dir /var/lib/postroom --no-create-home --shell /usr/sbin/nologin postroom \
    && install -d -o postroom -g postroom -m 700 /var/lib/postroom
COPY --from=build /opt/postroom /opt/postroom
WORKDIR /srv/postroom
COPY manage.py ./
COPY helpdesk helpdesk
COPY mailboxes mailboxes
COPY ticketing ticketing
COPY templates templates
COPY static static
# Byte code now, since the containers cannot write it. The keys are only for collecting the static files: they are not
# in the image's environment and open nothing.
RUN python -m compileall -q --invalidation-mode unchecked-hash helpdesk mailboxes ticketing \
    && DATABASE_URL=sqlite:////tmp/none SECRET_KEY=build \
    ENCRYPTION_KEYS=build:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    python manage.py collectstatic --noinput --verbosity 0
# A number, so that an orchestrator can see without the image's password file that it is not root.
USER 10001:10001
EXPOSE 8000
# No access log: paths carry signed tokens. /dev/shm: a heartbeat file on a disk can block a worker. The control socket
# would lie in the volume that all containers share.
CMD ["gunicorn", "helpdesk.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "8", "--no-control-socket"]
