"""The page that asks whether hidden and sensitive things may be shown now. req: E9

Enters: where to go on, how much is locked up, whether the token is asked for. Leaves: the page as text.
"""

from tujian.web.render import Reader, render_template


def render_lock(reader: Reader, then: str, count: int, needs_token: bool, is_wrong: bool = False) -> str:
    return render_template(
        "lock.html", "/lock", reader, then=then, count=count, needs_token=needs_token, is_wrong=is_wrong
    )
