#!/usr/bin/env bash
# Sourced by start.sh and test.sh: makes a virtual environment and fills it from requirements.lock.
# Honours PIP_INDEX_URL and the other PIP_* variables. Each failure names its fix.

LEAST_DISK_MB=1500

fail() { # what happened, what to do
  printf '图鉴 Tujian: %s\n  → %s\n' "$1" "$2" >&2
  exit 1
}

find_python() {
  local name
  for name in "${PYTHON:-}" python3.11 python3.12 python3.13 python3 python; do
    if [ -n "$name" ] && "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  fail "需要 Python 3.11–3.13，没有找到。No Python 3.11-3.13 found." \
    "Debian/Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.11; 或 or PYTHON=/path/to/python3.11"
}

check_machine() {
  local free_mb
  free_mb=$(df -Pm . | awk 'NR==2 {print $4}')
  [ "$free_mb" -ge "$LEAST_DISK_MB" ] ||
    fail "磁盘只剩 ${free_mb} MB。Only ${free_mb} MB of disk left." "腾出 ${LEAST_DISK_MB} MB 再试。Free ${LEAST_DISK_MB} MB."
  if [ "$(uname -s)" = Linux ] && command -v ldconfig >/dev/null 2>&1 && [[ $(ldconfig -p) != *libgomp.so.1* ]]; then
    fail "缺少系统库 libgomp1。The system library libgomp1 is missing." "apt-get install libgomp1"
  fi
}

install_transformers() { # folder of the environment: the extra for running weights by Hugging Face Transformers
  local venv=$1
  if "$venv/bin/python" -c 'import importlib.util as u, sys; sys.exit(not (u.find_spec("torch") and u.find_spec("transformers")))'; then
    return
  fi
  echo "图鉴：安装 Transformers 引擎（torch 约 200 MB 到数 GB，视平台而定）……  Installing the Transformers engine …" >&2
  # torch stays out of the locks: which build fits (CPU, CUDA, ROCm) is the platform's matter; PIP_* variables choose
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 transformers==5.23.0 ||
    fail "安装 torch 和 transformers 失败。Installing torch and transformers failed." \
      "检查网络或磁盘；也可改用 GGUF 模型（--model 文件.gguf）。Check network and disk, or use a GGUF model."
}

install_tujian() { # folder of the environment, further pip arguments
  local venv=$1 lock=${LOCK:-requirements.lock} python stamp
  shift
  stamp="$lock $(cat requirements*.lock pyproject.toml scripts/install.sh | cksum)"
  # an environment for the tests holds everything that serving needs
  if [ -x "$venv/bin/tujian" ] && [[ "$(cat "$venv/.installed" 2>/dev/null)" == @("$stamp"|"${stamp/#requirements.lock/requirements-test.lock}") ]]; then
    return
  fi
  python=$(find_python)
  check_machine
  echo "图鉴：首次安装，约需一两分钟……  Installing, a minute or two …" >&2
  "$python" -m venv "$venv" ||
    fail "不能建立虚拟环境。The virtual environment could not be made." "Debian/Ubuntu: apt-get install python3-venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" ||
    fail "安装依赖失败。Installing the dependencies failed." "检查网络或设置 PIP_INDEX_URL（镜像）后重试。Check the network or set PIP_INDEX_URL."
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . "$@" ||
    fail "安装图鉴本身失败。Installing Tujian itself failed." "把上面的报错发给我们。Send us the error above."
  printf '%s' "$stamp" >"$venv/.installed"
}
