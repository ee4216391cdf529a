#!/usr/bin/env bash
# Renews requirements.lock and requirements-test.lock: names, versions, hashes; no registry addresses. Needs uv.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
lock() { # file, extras
  local out=$1
  shift
  uv pip compile pyproject.toml "$@" --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file "$out"
}
lock requirements.lock --extra build
lock requirements-test.lock --extra build --extra test
