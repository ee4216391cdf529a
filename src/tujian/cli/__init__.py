"""The command line: `tujian recognise`, `serve`, `tasks`, `doctor` and more. Parse, call the house, print."""

from tujian.cli import agents, catalogue, vocabulary  # their commands join the app
from tujian.cli.main import app

__all__ = ["agents", "app", "catalogue", "vocabulary"]
