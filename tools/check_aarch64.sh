#!/usr/bin/env bash
# The golden bits on an emulated aarch64: Debian's arm64 Python under qemu-user, NumPy and numba from their arm64 wheels.
#
# Everything is unpacked below build/aarch64 by a private apt, so nothing is installed and root is not needed. What it
# takes is a host with apt and Debian's archive keyring, and qemu-aarch64 (else one is unpacked too, on amd64).
# To begin anew: rm -rf build/aarch64. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

mirror=${DEBIAN_MIRROR:-http://deb.debian.org}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
base=$PWD/build/aarch64
root=$base/root
site=$base/site

# What a Python 3.11 with hashlib, ctypes and the compiled parts of NumPy and llvmlite loads.
packages=(
    python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libgcc-s1 libstdc++6 zlib1g libexpat1 libffi8
    libssl3 libbz2-1.0 liblzma5 libuuid1 libsqlite3-0
)
# NumPy as setup.cfg wants it; numba's, pytest's and hypothesis's newest, unless said otherwise.
wheels=(numpy==1.26.4 "numba${NUMBA_VERSION:+==$NUMBA_VERSION}" scipy pyyaml pytest==9.0.1 hypothesis==6.148.2)

private_apt() {  # architecture, command...
    local state=$base/apt-$1
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    printf 'deb [arch=%s signed-by=%s] %s bookworm main\n' "$1" "$keyring" "$mirror/debian" > "$state/sources.list"
    printf 'deb [arch=%s signed-by=%s] %s bookworm-security main\n' "$1" "$keyring" "$mirror/debian-security" \
        >> "$state/sources.list"
    : >> "$state/status"
    apt-get -qq -o "APT::Architecture=$1" -o "APT::Architectures::=$1" -o APT::Sandbox::User= \
        -o "Dir::State=$state" -o "Dir::State::lists=$state/lists" -o "Dir::State::status=$state/status" \
        -o "Dir::Cache=$state/cache" -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=- "${@:2}"
}

unpack() {  # architecture, folder, packages...
    local debs=$base/debs-$1
    mkdir -p "$debs" "$2"
    private_apt "$1" update
    (cd "$debs" && private_apt "$1" download "${@:3}")
    for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$2"; done
}

if [[ ! -f $base/.unpacked ]]; then
    for needed in apt-get dpkg-deb "$keyring"; do
        command -v "$needed" > /dev/null || [[ -f $needed ]] || { echo "check-aarch64 needs $needed" >&2; exit 1; }
    done
    unpack arm64 "$root" "${packages[@]}"
    touch "$base/.unpacked"
fi

qemu=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
if [[ -z $qemu ]]; then
    qemu=$base/qemu/usr/bin/qemu-aarch64-static
    [[ -x $qemu ]] || unpack amd64 "$base/qemu" qemu-user-static
fi

stamp=$base/.wheels
if [[ ! -f $stamp || $(< "$stamp") != "${wheels[*]}" ]]; then
    rm -rf "$site"
    "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --target "$site" --no-compile \
        --platform manylinux2014_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux_2_28_aarch64 \
        --python-version 3.11 --only-binary=:all: "${wheels[@]}"
    echo "${wheels[*]}" > "$stamp"
fi

# One compilation serves one run of this script: a cache would not notice every change of what it was compiled from.
rm -rf "$base/numba"
emulated() {
    env -i PATH="$PATH" HOME="$base" LANG=C.UTF-8 PYTHONPATH="$site:$PWD" PYTHONDONTWRITEBYTECODE=1 \
        NUMBA_CACHE_DIR="$base/numba" OPENBLAS_NUM_THREADS=1 MS_INITKIT_THREADS="${MS_INITKIT_THREADS:-1}" \
        "$qemu" -L "$root" "$root/usr/bin/python3.11" "$@"
}

emulated - <<'PYTHON'
import platform, sys
import numba, numpy
from ms_initkit.stream import kernels
assert platform.machine() == "aarch64", platform.machine()
print(f"{platform.machine()}: Python {platform.python_version()}, NumPy {numpy.__version__}, numba {numba.__version__}")
PYTHON

emulated -m pytest -p no:cacheprovider "${@:-tests/stream/test_golden.py}"
