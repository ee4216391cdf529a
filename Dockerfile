# Not built where it was written (no container engine there): checked by eye and by tests/test_docs.py.
# docker build -t tujian . && docker run -e TUJIAN_TOKEN=choose-one -p 7860:7860 -v tujian:/home/tujian/state -v ~/Pictures:/pictures:ro tujian
FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 tujian \
    && install -d -o tujian /home/tujian/state
WORKDIR /opt/tujian
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src ./src
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
USER tujian
ENV TUJIAN_HOME=/home/tujian/state TUJIAN_HOST=0.0.0.0 TUJIAN_PICTURES_ROOT=/pictures
VOLUME /home/tujian/state
EXPOSE 7860
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/readyz', timeout=5)"]
CMD ["tujian", "serve"]
