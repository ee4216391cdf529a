"""The pages: server-rendered documents and their own small scripts.

What enters: the settings, a callable that tells which engine is attached and how many doubts wait, the list of sample
pictures; for the page of models, how things stand; for the pages of the catalogue, what was found. What leaves: a
router with `GET /` and `GET /chat`, the other pages as text, and the folder of static files to mount under /static.
What it does not know: the search, the store, chats, the heart. `api/` asks; this room only draws.
"""

from tujian.web.login import login_router
from tujian.web.render import MOST_DOUBTS, EngineMark, Marks, Sample
from tujian.web.routes import page_router, static_dir

__all__ = ["MOST_DOUBTS", "EngineMark", "Marks", "Sample", "login_router", "page_router", "static_dir"]
