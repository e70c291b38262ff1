#!/usr/bin/env bash
# The golden bits on an emulated aarch64: Debian's arm64 Python under qemu-user, NumPy from its arm64 wheel, the kernels
# cross-compiled, or those of the wheel that WHEEL names.
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

# What a Python 3.11 with hashlib, ctypes and the compiled parts of NumPy loads.
packages=(
    python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libgcc-s1 libstdc++6 zlib1g libexpat1 libffi8
    libssl3 libbz2-1.0 liblzma5 libuuid1 libsqlite3-0
)
# NumPy as setup.cfg wants it.
wheels=(numpy==1.26.4 scipy pyyaml pytest==9.0.1 hypothesis==6.148.2)

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

# The kernels: those of a wheel that is given, or else cross-compiled by the clang of PyPI's ziglang.
package=$base/package
rm -rf "$package" && mkdir -p "$package"
if [[ -n ${WHEEL:-} ]]; then
    python3 -m zipfile -e "$WHEEL" "$package"
else
    cp -r ms_initkit "$package/" && rm -f "$package"/ms_initkit/stream/*.so
    [[ -d $base/compiler/ziglang ]] || "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check \
        --target "$base/compiler" ziglang==0.15.2 'setuptools>=77'
    PYTHONPATH=$base/compiler CC="${PYTHON:-python3} -m ziglang cc -target aarch64-linux-gnu.2.17" \
        "${PYTHON:-python3}" setup.py --quiet build_ext --build-lib "$package" --build-temp "$base/objects"
fi
cp -r tests "$package/"

emulated() {
    (cd "$package" && env -i PATH="$PATH" HOME="$base" LANG=C.UTF-8 PYTHONPATH="$site:$package" PYTHONDONTWRITEBYTECODE=1 \
        OPENBLAS_NUM_THREADS=1 MS_INITKIT_THREADS="${MS_INITKIT_THREADS:-1}" \
        "$qemu" -L "$root" "$root/usr/bin/python3.11" "$@")
}

emulated - <<'PYTHON'
import platform
import numpy
from ms_initkit.stream import kernels
assert platform.machine() == "aarch64", platform.machine()
print(f"{platform.machine()}: Python {platform.python_version()}, NumPy {numpy.__version__}, kernels {kernels.levels()}")
PYTHON

emulated -m pytest -p no:cacheprovider -c /dev/null --rootdir . "${@:-tests/stream/test_golden.py}"
