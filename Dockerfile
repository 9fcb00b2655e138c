# docker build -t evidence-graph . && docker run -p 8000:8000 -v evidence-graph:/data evidence-graph
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY . .
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home /data graph && mkdir /data && chown graph /data
COPY --from=build /venv /venv
USER graph
VOLUME /data
EXPOSE 8000
ENV EVIDENCE_GRAPH_DATA=/data EVIDENCE_GRAPH_HOST=0.0.0.0 EVIDENCE_GRAPH_BASE=http://127.0.0.1:8000/
HEALTHCHECK --interval=30s --timeout=5s CMD ["/venv/bin/python", "-c", \
  "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready')"]
# Seccomp and Landlock are applied by the workers themselves and work inside an unprivileged container.
ENTRYPOINT ["/venv/bin/evidence-graph"]
CMD ["serve"]
