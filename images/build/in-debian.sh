#!/usr/bin/env bash
# Makes an image's file trees inside a bare Debian 12: installs what images/build/rootfs.py needs, and runs it.
# Usage: in-debian.sh IMAGE OUT [--cpu]     OUT on this tree's disk: packages are hard-linked from build/cache
set -euo pipefail
cd "$(dirname "$0")/../.."
export DAC_CACHE=${DAC_CACHE:-$PWD/build/cache} # a container's own home would be another disk
apt-get update -qq
apt-get install -y -qq --no-install-recommends python3 python3-venv binutils gcc libc6-dev ca-certificates > /dev/null
python3 -m venv /opt/uv && /opt/uv/bin/pip install -q "uv==$(sed -n 's/^UV_VERSION := //p' Makefile)"
PATH=/opt/uv/bin:$PATH python3 images/build/rootfs.py "$@"
