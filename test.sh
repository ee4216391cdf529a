#!/usr/bin/env bash
# Installs what tests need, then runs every tier that can run here and names those that cannot, and why.
# Usage: ./test.sh [-k expression and other pytest options for the default tier]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
. scripts/install.sh
VENV=${TUJIAN_TEST_VENV:-.venv}
LOCK=requirements-test.lock install_tujian "$VENV"
install_transformers "$VENV"
VENV=$(cd -- "$VENV" && pwd)
export PATH="$VENV/bin:$PATH"
if command -v npm >/dev/null 2>&1; then # axe-core looks at pages as who cannot see them would have to; tests only
  [ -d "$VENV/npm/node_modules/axe-core" ] || npm install --silent --no-save --no-audit --no-fund --prefix "$VENV/npm" axe-core@4.14.1
  export TUJIAN_AXE="$VENV/npm/node_modules/axe-core/axe.min.js"
fi

ruff check .
ruff format --check .
pyright --pythonpath "$VENV/bin/python" || exit 1

shared=${TUJIAN_SHARED:-../shared}
failed=() skipped=()
tier() { # name, why it cannot run ("" when it can), pytest arguments
  local name=$1 why=$2
  shift 2
  if [ -n "$why" ]; then
    skipped+=("$name: $why")
    return
  fi
  printf '\n== %s\n' "$name"
  python -m pytest "$@" || failed+=("$name")
}
missing() { command -v "$1" >/dev/null 2>&1 || echo "$2"; }
no_pictures() { [ -f "$shared/data/manifest.jsonl" ] || echo "no labelled pictures at $shared (set TUJIAN_SHARED)"; }

tier default "" "$@"
tier services "" -m services
tier browser "$(missing chromium 'no chromium (Debian: apt-get install chromium fontconfig fonts-noto-cjk)')" -m browser
tier realdata "$(no_pictures)" -m realdata
tier slow "" -m slow

printf '\n'
for line in "${skipped[@]}"; do printf 'skipped  %s\n' "$line"; done
for line in "${failed[@]}"; do printf 'FAILED   %s\n' "$line"; done
[ "${#failed[@]}" -eq 0 ] || exit 1
# CI may not skip what it can run: .ci/run sets this
if [ -n "${TUJIAN_ALL_TIERS:-}" ] && [ "${#skipped[@]}" -gt 0 ]; then
  echo "a tier that should run was skipped" >&2
  exit 1
fi
