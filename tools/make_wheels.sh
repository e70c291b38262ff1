#!/usr/bin/env bash
# Wheels for manylinux on x86-64 and aarch64 in dist/, compiled by the clang of PyPI's ziglang against an old glibc: make wheels.
#
# Each draws the golden bits before it is kept: the one for aarch64 emulated, as tools/check_aarch64.sh does.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
tools=build/wheels
rm -rf "$tools/source" && mkdir -p "$tools" dist
[[ -x $tools/venv/bin/python ]] || "$python" -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check 'setuptools>=77' build auditwheel ziglang==0.15.2
builder=$PWD/$tools/venv/bin/python

for machine in x86_64 aarch64; do
    # A copy of what is tracked: setuptools writes beside its sources, and takes what lies there.
    rm -rf "$tools/source" && mkdir -p "$tools/source"
    git ls-files -z | xargs -0 tar cf - | tar xf - -C "$tools/source"
    CC="$builder -m ziglang cc -target $machine-linux-gnu.2.17" _PYTHON_HOST_PLATFORM="linux-$machine" \
        "$builder" -m build --quiet --wheel --no-isolation --outdir "$tools/$machine" \
        -C--build-option=--plat-name="manylinux2014_$machine" "$tools/source"
    wheel=$(ls -t "$tools/$machine"/*.whl | head -1)
    # Symbols no newer than the tag says, and nothing linked that is not there.
    "$builder" -m auditwheel show "$wheel" | tr '\n' ' ' | grep -q "manylinux_2_17_$machine\|manylinux2014_$machine"
    "$builder" -m zipfile -l "$wheel" | grep -q kernels.abi3.so || { echo "$wheel has no kernels" >&2; exit 1; }
    cp "$wheel" dist/
    echo "dist/$(basename "$wheel")"
done

unpacked=build/wheels/x86_64/unpacked
rm -rf "$unpacked" && "$builder" -m zipfile -e dist/*manylinux2014_x86_64.whl "$unpacked"
cp -r tests "$unpacked/"
(cd "$unpacked" && "$OLDPWD/${VENV:-.venv}/bin/python" -m pytest -p no:cacheprovider -c /dev/null --rootdir . tests/stream/test_golden.py)
WHEEL=$(ls dist/*manylinux2014_aarch64.whl) tools/check_aarch64.sh
