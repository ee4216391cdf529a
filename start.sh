#!/usr/bin/env bash
# Tujian 图鉴: installs what it needs into .venv, then serves page and API on http://127.0.0.1:7860
# Usage: ./start.sh [options of `tujian serve`], e.g. ./start.sh --port 8000 --engine-url http://127.0.0.1:8080/v1
#        ./start.sh --model Qwen3VL-2B-Instruct-Q4_K_M.gguf        ./start.sh --engine transformers --model FOLDER
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
. scripts/install.sh
install_tujian .venv
[[ " $* " != *[\ =]transformers\ * && "${TUJIAN_ENGINE:-}" != transformers ]] || install_transformers .venv
exec .venv/bin/tujian serve "$@"
