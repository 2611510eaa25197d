# A worker that makes reports for `pbc-eval batch --dask`, as nobody in particular.
#
#   docker build -f tools/worker.Dockerfile -t pbc-eval-worker .
#   docker run --rm --network=host --memory=4g --user "$(id -u):$(id -g)" \
#     -v /srv/evaluations:/srv/evaluations pbc-eval-worker tcp://scheduler:8786
#
# The folders of evaluations and reports must lie under the same paths as where the batch is started.
# Credentials of an engine are given when it is run (--env-file), never when it is built.
FROM python:3.11.14-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp
WORKDIR /opt/pbc-eval

COPY requirements.txt requirements-worker.txt ./
RUN python -m pip install --no-cache-dir --require-hashes -r requirements.txt -r requirements-worker.txt

COPY pyproject.toml README.md LICENSE ./
COPY notebooks ./notebooks
COPY data ./data
COPY pbc_eval ./pbc_eval
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation .

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin worker
USER 10001

ENTRYPOINT ["python", "-m", "dask", "worker", "--nthreads", "1", "--no-dashboard", "--local-directory", "/tmp"]
CMD ["--help"]
