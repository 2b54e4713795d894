# syntax=docker/dockerfile:1
# One image for every part: serve, web, worker, schedule, db upgrade, and `review` in CI jobs.
#
#   docker build -f worker.Dockerfile -t reviewbot .
#   docker run --init --env-file reviewbot.env -v reviewbot:/data -p 127.0.0.1:8080:8080 reviewbot

FROM python:3.12-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY constraints.txt ./
# The build's own tools are held by the same constraints, so nothing is resolved anew at build time.
RUN pip install -c constraints.txt hatchling

COPY pyproject.toml README.md LICENSE ./
COPY prompts prompts
COPY rules rules
COPY reviewbot reviewbot
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && python -m venv --without-pip /opt/reviewbot \
    && wheel="$(echo dist/reviewbot-*.whl)" \
    && pip --python /opt/reviewbot/bin/python install -c constraints.txt "${wheel}[postgres]"


FROM python:3.12-slim-trixie

# git: files that GitLab's API leaves out, and context, come from a bare mirror. The versions are those of the base's
# Debian release, so that a rebuild takes its security fixes.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 reviewbot \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin reviewbot \
    && install -d -o 10001 -g 10001 -m 0700 /data

COPY --from=build /opt/reviewbot /opt/reviewbot

# In a container loopback is nobody: the port is opened by whoever runs it. Pages and figures need the admin token.
ENV PATH=/opt/reviewbot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    REVIEWBOT_DATA_DIR=/data \
    REVIEWBOT_HOST=0.0.0.0

USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080

# No HEALTHCHECK here: `serve` and `web` answer GET /healthz, `worker` and `schedule` listen nowhere, and a job in CI
# ends by itself. Each part's check is in deploy/compose.yaml, and docs/operations.md says what each one means.

ENTRYPOINT ["reviewbot"]
CMD ["serve"]
