#!/usr/bin/env bash
# Tujian 图鉴: installs what it needs into .venv, then serves page and API on http://127.0.0.1:7860
# Usage: ./start.sh [options of `tujian serve`], e.g. ./start.sh --port 8000 --engine-url http://127.0.0.1:8080/v1
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
. scripts/install.sh
install_tujian .venv
exec .venv/bin/tujian serve "$@"
