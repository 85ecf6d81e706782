#!/bin/sh
# Installs egain for whoever runs this, from this checkout, or takes it away again (--undo). A second run upgrades.
set -eu
cd "$(dirname "$0")"

python=${PYTHON:-python3}
own=${XDG_DATA_HOME:-$HOME/.local/share}/egain-auth-cli

has() { command -v "$1" >/dev/null 2>&1; }

is_ours() { [ -L "$1" ] && [ "$(readlink "$1")" = "$own/bin/egain" ]; }

# Debian's own Python refuses packages of a user, so they get an environment of their own.
install_alone() {
  bin=$HOME/.local/bin
  if [ -e "$bin/egain" ] && ! is_ours "$bin/egain"; then
    echo "$bin/egain is there already, and not from here: move it away first" >&2
    exit 1
  fi
  "$python" -m venv "$own"
  "$own/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade '.[sandbox]'
  mkdir -p "$bin"
  ln -sf "$own/bin/egain" "$bin/egain"
}

install() {
  if has pipx; then
    pipx install --force --python "$python" '.[sandbox]'
    bin=$(pipx environment --value PIPX_BIN_DIR)
  elif has uv; then
    uv tool install --reinstall --python "$python" '.[sandbox]'
    bin=$(uv tool dir --bin)
  else
    install_alone
  fi
  echo "egain is installed: $bin/egain"
  case ":$PATH:" in
    *":$bin:"*) echo "try it: egain --help" ;;
    *) printf '%s is not on your PATH; put this into the start file of your shell:\n  export PATH="%s:$PATH"\n' "$bin" "$bin" ;;
  esac
}

undo() {
  if has pipx && pipx uninstall egain-auth-cli 2>/dev/null; then :; fi
  if has uv && uv tool uninstall egain-auth-cli 2>/dev/null; then :; fi
  if is_ours "$HOME/.local/bin/egain"; then rm "$HOME/.local/bin/egain"; fi
  rm -rf "$own"
  echo "egain is removed; profiles and secrets stay"
}

case "${1:-}" in
  '') install ;;
  --undo) undo ;;
  *) echo "usage: ./install.sh [--undo]" >&2 && exit 2 ;;
esac
