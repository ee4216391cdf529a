"""The command line: `tujian recognise`, `serve`, `tasks`, `doctor`. Parse, call the house, print."""

from tujian.cli.main import app

__all__ = ["app"]
