# Two commands: `make demo` and `make test`. Both make the virtual environment by themselves.
# The first that really starts (a version manager's shim may not), is new enough, and can make virtual environments.
PYTHON ?= $(shell for name in python3.12 python3.11 python3.13 python3; do \
	$$name -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check bench format clean

# An environment that does not start any more (the system's Python was replaced, the folder was moved) is made anew.
ifneq ($(shell $(BIN)/python -c 'print("starts")' 2>/dev/null),starts)
$(shell rm -f $(STAMP))
endif

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "reviewbot needs Python 3.11 or newer with its venv module (on Debian: python3-venv); none of python3.12, python3.11, python3.13 and python3 on PATH is that. Name one: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@# Without the stamp it was left half made, by an installation that was interrupted: nothing of it is kept.
	test -f $@ || "$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP)
	$(BIN)/python -m reviewbot demo $(ARGS)

test: $(STAMP) check
	$(BIN)/python -m pytest -n auto $(ARGS)

check: $(STAMP)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

bench: $(STAMP)
	$(BIN)/python -m benchmarks $(ARGS)

format: $(STAMP)
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
