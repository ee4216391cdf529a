"""The HTTP edge: parse, call the house once, answer. `app.py` puts the pieces together."""

from tujian.api.app import create_app

__all__ = ["create_app"]
