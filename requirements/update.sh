#!/usr/bin/env bash
# Locks what `make demo` and `make test` install: versions and hashes, no index. Needs uv on the PATH.
set -eu
cd "$(dirname "$0")/.."
common=(--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-strip-extras --quiet
        --custom-compile-command requirements/update.sh)
uv pip compile "${common[@]}" "$@" pyproject.toml --extra charts --extra kaltura --extra mail --group build -o requirements/demo.txt
uv pip compile "${common[@]}" "$@" pyproject.toml --extra charts --extra kaltura --extra mail --group build --group dev \
   -c requirements/demo.txt -o requirements/dev.txt
