"""Examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import tujian

MODULES = sorted(
    found.name for found in pkgutil.walk_packages(tujian.__path__, "tujian.") if "versions" not in found.name
)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith(("__main__", ".env"))])
def test_the_examples_of_a_module_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
