# uv's guide to Docker, "intermediate layers" with its optimisations
# https://docs.astral.sh/uv/guides/integration/docker/
ARG BASE=python:3.11-slim
ARG UV
FROM $UV AS uv
FROM $BASE
COPY --from=uv /uv /uvx /bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=0
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-project
COPY . /app
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked
ENV PATH="/app/.venv/bin:$PATH"
CMD ["python", "train.py"]
