# The whole house from the shell: `make` alone lists the targets. Everything is built in one configuration, release.
# Scripts of more than a few lines stand in scripts/.

SWIFT ?= swift
export SWIFT

# Homebrew's headers and libraries are not where clang looks by itself.
ifeq ($(shell uname -s),Darwin)
export CPATH := $(shell brew --prefix)/include:$(CPATH)
export LIBRARY_PATH := $(shell brew --prefix)/lib:$(LIBRARY_PATH)
endif

# What the formatter looks at; folders that do not exist yet are left out.
FORMATTED := Package.swift $(wildcard Sources Tests Examples Benchmarks)

.PHONY: help setup build demo test lint format bench roofline fuzz clean

help:
	@echo "make setup    install the system packages that are missing"
	@echo "make build    build everything (release)"
	@echo "make demo     train, evaluate and predict on Fashion-MNIST and on photographs"
	@echo "make test     run every test; a skipped test that is not on the list is a failure"
	@echo "make lint     check formatting and scripts"
	@echo "make format   rewrite the Swift files in the house's format"
	@echo "make bench    measure Fovea and its peers in the same sitting; ROWS=\"train-*\" some rows, BENCH=--quick a try"
	@echo "make roofline hold every plan against what this machine can do at most"
	@echo "make fuzz     fuzz every decoder for a minute, under the address sanitizer"
	@echo "make clean    remove what was built"

setup:
	@scripts/setup.sh

build: setup
	@scripts/build.sh

demo:
	@scripts/demo.sh

test:
	@scripts/setup.sh --tests
	@scripts/test.sh

lint:
	@scripts/lint.sh $(FORMATTED)

format:
	$(SWIFT) format format --in-place --parallel --recursive $(FORMATTED)

bench:
	@ROWS="$(ROWS)" scripts/bench.sh $(BENCH)

roofline:
	@scripts/roofline.sh

fuzz: setup
	@scripts/fuzz.sh

clean:
	rm -rf .build .build-fuzz Examples/.build .venv-test .venv-peers .bench
