# Site and worker in one image; compose.yaml says which of them runs.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.txt requirements-scale.txt ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir -r requirements.txt -r requirements-scale.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data liqsite \
 && install -d -o liqsite -g liqsite /data
COPY --from=build /venv /venv
COPY manage.py /app/
COPY exchanges /app/exchanges
COPY heatmap /app/heatmap
COPY liqsite /app/liqsite
COPY static /app/static
COPY templates /app/templates
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LIQSITE_DATA_DIR=/data
WORKDIR /app
USER liqsite
VOLUME /data
EXPOSE 8000
# A worker has another one, in compose.yaml.
HEALTHCHECK --interval=10s --timeout=5s --start-period=40s --retries=3 \
  CMD ["python", "-c", "from urllib.request import Request, urlopen; urlopen(Request('http://127.0.0.1:8000/healthz', headers={'Host': 'localhost', 'X-Forwarded-Proto': 'https'}), timeout=4)"]
CMD ["daphne", "-b", "0.0.0.0", "-p", "8000", "liqsite.asgi:application"]
