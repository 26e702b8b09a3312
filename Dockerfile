# The engine on a CPU, in the versions that it is tested with:
#
#     docker build --tag engine .
#     docker run --rm --volume "$PWD":/data engine run config.yaml --if-changed --json
#
# /data is the folder of the job: config.yaml, the data, and what runs write. It must be one that the
# user of the image may write to (--user "$(id -u)" makes it yours). GPUs need another image.

FROM python:3.12-slim AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends cmake g++ make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY pyproject.toml CMakeLists.txt README.md LICENSE requirements.lock ./
COPY engine engine
# The lock's versions without its hashes: a wheel made here has none that anybody knows.
RUN sed -e '/^ *--hash/d' -e '/^ *#/d' -e 's/ *\\$//' requirements.lock > constraints.txt
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir wheels .

FROM python:3.12-slim
COPY --from=build /src/wheels /src/constraints.txt /wheels/
ARG EXTRAS=cpu,mlflow,sql,onnx,remote,delta,database
RUN python -m pip install --no-cache-dir --constraint /wheels/constraints.txt \
        "engine-segments[$EXTRAS] @ file://$(echo /wheels/*.whl)" \
    && rm -r /wheels
RUN useradd --create-home --uid 10001 engine \
    && install --directory --owner engine --group engine /data
USER engine
WORKDIR /data
VOLUME /data
ENTRYPOINT ["engine"]
CMD ["--help"]
