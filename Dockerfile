# The daemon in a container, as a normal user. See docs/guides/service.md.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
# Extras to install too, for example metrabs.
ARG EXTRAS=""
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/neuropose \
    && /opt/neuropose/bin/pip install --no-cache-dir ".${EXTRAS:+[$EXTRAS]}"

FROM python:${PYTHON}-slim
# Jobs are patients' and are kept, weights can be fetched again: two volumes, only their owner reads.
RUN useradd --uid 1000 --create-home neuropose \
    && install --directory --owner=neuropose --group=neuropose --mode=0700 /data /models
COPY --from=build /opt/neuropose /opt/neuropose
# A container is killed 10 s after it was told to stop.
ENV PATH=/opt/neuropose/bin:$PATH \
    NEUROPOSE_DATA_DIR=/data \
    NEUROPOSE_MODEL_CACHE_DIR=/models \
    NEUROPOSE_LOG_FORMAT=json \
    NEUROPOSE_STOP_SECONDS=5
VOLUME ["/data", "/models"]
USER 1000:1000
WORKDIR /data
STOPSIGNAL SIGTERM
# Healthy is a daemon that holds its lock; no port is opened for that, or for anything else.
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s \
    CMD ["python", "-c", "import sys; from neuropose.config import Settings; from neuropose.interfacer.layout import Layout; from neuropose.interfacer.lock import lock_owner; sys.exit(lock_owner(Layout(Settings.load().data_dir)) is None)"]
ENTRYPOINT ["neuropose"]
CMD ["watch"]
