"""`python -m tujian` is `tujian`."""

from tujian.cli import app

app(prog_name="tujian")
