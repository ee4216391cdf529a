"""`tujian ask`: a picture, a question, and the answer as it is being said. req: A10, B1, B4

Enters: paths or addresses, a question. Leaves: the answer on standard output. With `--catalogue` the records answer.
Ctrl+C stops the model too.
"""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tujian.answering import answer_from
from tujian.catalogue import Catalogue
from tujian.cli.keeping import label_of
from tujian.cli.searching import search_of
from tujian.engines.asking import fault_of, unusable
from tujian.engines.dialect import Question, Reply
from tujian.folding import printable
from tujian.house import House
from tujian.records import in_words
from tujian.settings import Settings
from tujian.tasks import Sampling

PICTURE_TOKENS = 1024  # about a megapixel: small print can be read (REQUIREMENTS.md, last section)


def run(settings: Settings, pictures: Sequence[str], question: str, sampling: Sampling) -> int:
    """Prints the answer piece by piece; 0 when it is whole. Raises NoEngine, UnreadablePicture, EngineError."""
    house, stopped = House(settings), threading.Event()
    try:
        views = [house.view(_source(name), max_tokens=PICTURE_TOKENS) for name in pictures]
        asked = Question(question, tuple(view.jpeg for view in views), settings.lang, sampling, priority="high")
        speech = house.converse(asked, stopped)
        while True:
            try:
                piece = next(speech)
            except StopIteration as end:
                return _ended(end.value)
            sys.stdout.write(printable(piece))
            sys.stdout.flush()
    except KeyboardInterrupt:
        stopped.set()
        sys.stdout.write("\n")
        return 130
    finally:
        house.close()


def run_catalogue(settings: Settings, question: str) -> int:
    """Prints what the catalogue's records say, each line with its item; 0, also when they say nothing."""
    house = House(settings)
    try:
        search = search_of(house)
        catalogue = Catalogue.opened(settings, house.database, house.tasks)
        answer = answer_from(search, catalogue, question, settings.lang, house.ask if house.engine else None)
    finally:
        house.close()
    if answer.answer:
        print(printable(answer.answer))
    for number, one in enumerate(answer.passages, 1):
        told = f"{label_of(house.tasks, one['field'], settings)}: {in_words(one['value'], settings.lang)}"
        print(printable(f"[{number}] {one['title']} · {told}  ({one['item'][:12]})"))
    return 0


def _ended(reply: Reply) -> int:
    sys.stdout.write("\n")
    fault = fault_of(reply)
    if fault:
        raise unusable(fault, times=1)
    return 0


def _source(name: str) -> str | Path:
    return name if name.lower().startswith(("http://", "https://", "data:")) else Path(name)
