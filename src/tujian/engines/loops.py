"""Whether a model goes round in circles.

Enters: what was said so far. Leaves: yes or no. Does not know: what is asked, who says it.
Qwen3-VL loops now and then (its issues 1590 and 1611); a loop costs the time of the longest answer and says nothing.
"""

TAIL = 2_000  # characters at the end that are looked at
LONGEST_PIECE = 200
LEAST_TIMES, LEAST_LENGTH = 8, 200  # a piece again and again: so often, and so many characters of it
GRAM = 16  # characters of the runs that are counted
FEWEST_NEW = 0.15  # of the runs in a full tail; tables of 40 like rows have 0.3 and more (tests/test_loops.py)


def is_looping(text: str) -> bool:
    """Whether the end of `text` repeats itself: one piece over and over, or hardly a run of letters that is new.

    >>> is_looping("very " * 50), is_looping("One carton of apple juice, white with a green cap.")
    (True, False)
    """
    tail = text[-TAIL:]
    return _ends_on_one_piece(tail) or _says_little_new(tail)


def _ends_on_one_piece(tail: str) -> bool:
    for length in range(2, LONGEST_PIECE + 1):
        times = max(LEAST_TIMES, -(-LEAST_LENGTH // length))
        if len(tail) < times * length:
            continue
        piece = tail[-length:]
        if tail[-2 * length : -length] == piece and tail.endswith(piece * times):
            return True
    return False


def _says_little_new(tail: str) -> bool:
    if len(tail) < TAIL:
        return False
    runs = [tail[i : i + GRAM] for i in range(len(tail) - GRAM)]
    return len(set(runs)) < FEWEST_NEW * len(runs)
