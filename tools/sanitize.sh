#!/usr/bin/env bash
# The kernels' own tests with kernels that look at every address and every operation: make sanitize.
#
# Every law, type, region and batch, misaligned storage, sizes 0 and 1, element numbers far beyond 2**40, at every level
# of this processor. A fault ends the process with its place in the source. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
compiler=${SANITIZER:-gcc}
package=$PWD/build/sanitize
rm -rf "$package" && mkdir -p "$package"
cp -r ms_initkit tests "$package/" && rm -f "$package"/ms_initkit/stream/*.so
CC="$compiler -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1" \
    "$python" setup.py --quiet build_ext --build-lib "$package" --build-temp "$package/objects"

# The sanitizers' libraries come before all others; Python itself leaks on purpose.
export LD_PRELOAD="$("$compiler" -print-file-name=libasan.so) $("$compiler" -print-file-name=libubsan.so)"
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1 PYTHONPATH=$package
cd "$package"
"$python" -c 'from ms_initkit.stream import kernels; assert "build/sanitize" in kernels.__file__, kernels.__file__'
[[ $# -gt 0 ]] || set -- tests/stream/test_{golden,kernels,engine,keys,laws,pool,table}.py -k 'not were_fused'
"$python" -m pytest -p no:cacheprovider -c /dev/null --rootdir . "$@"
