"""Answers from the catalogue: what the records say, with what they say it in, or that they do not say it. req: A10

Enters: a question. Leaves: passages of records, and the sentence a model makes of them if there is one. Does not know
what is true beyond the records, nor what is hidden.

A model's sentence is shown only if it cites passages by number and says no number, in digits or in Chinese, that these
or the question do not hold; 299 is 299.00. Without a model, or with one that fails that, the passages are the answer.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from pydantic import Field

from tujian.aspects import fields_asked
from tujian.catalogue import Catalogue
from tujian.engines.dialect import Question, Reply
from tujian.errors import Lang
from tujian.finding import Search
from tujian.folding import unify
from tujian.goods import also_called
from tujian.passages import Passage, passages_for
from tujian.records import Strict, in_words
from tujian.sentence.numerals import number_in
from tujian.tasks import Sampling
from tujian.tokens import words_asked, words_of

SAMPLING = Sampling(temperature=0.0, top_p=1.0, max_tokens=300)
LONGEST_VALUE = 300
_CITED = re.compile(r"[\[【](\d{1,2})[\]】]")
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?")
_IN_CHINESE = re.compile(
    r"[一二两三四五六七八九十](?=[零一二两三四五六七八九]*[十百千万])[零一二两三四五六七八九十百千万]+"
)
LONGEST_NO = 12  # characters beside the words that say so of a sentence that says only that the records do not say


class CatalogueAnswer(Strict):
    """What the records say to a question."""

    found: bool = Field(description="False: the records do not say")
    answer: str | None = Field(description="a model's sentence with [numbers] of passages; None: read the passages")
    passages: list[Passage] = Field(description="what is cited: item, title, field, value, citations; numbered from 1")


def answer_from(
    search: Search, catalogue: Catalogue, question: str, lang: Lang, ask: Callable[[Question], Reply] | None
) -> CatalogueAnswer:
    """Raises BadInput for an empty question, EngineError and Busy of `ask`, StoreFailed."""
    passages = passages_for(search, catalogue, question)
    telling = _telling(passages, question)
    if not telling:
        return CatalogueAnswer(found=False, answer=_words()["nothing"][lang], passages=[])
    passages = telling + [passage for passage in passages if passage not in telling]
    if ask is None:
        return CatalogueAnswer(found=True, answer=None, passages=telling)
    said = ask(
        Question(_prompt(question, passages, lang), (), lang, SAMPLING, system=_words()["system"][lang])
    ).text.strip()
    if _says_no(said):
        return CatalogueAnswer(found=False, answer=_words()["nothing"][lang], passages=[])
    return CatalogueAnswer(found=True, answer=said if _holds(said, question, passages) else None, passages=passages)


def _telling(passages: Sequence[Passage], question: str) -> list[Passage]:
    """Passages that say what was asked about, of the things that the question names."""
    asked = words_asked(question)
    names = [set(words_of(" ".join([str(one["title"]), *also_called(str(one["title"]))]))) for one in passages]
    called = [len(name & set(asked)) for name in names]
    beside = [word for word in asked if not any(word in name for name in names)]
    fields = fields_asked(asked)

    def tells(one: Passage) -> bool:
        if fields:
            return one["field"] in fields
        return not beside or bool(set(beside) & set(words_of(str(one["value"]))))

    return [one for one, shared in zip(passages, called, strict=True) if shared == max(called) and tells(one)]


def _says_no(said: str) -> bool:
    """Whether the records do not say, and not only one of several things that were asked about."""
    bare = _CITED.sub("", said)
    is_alone = bare == said
    return any(words in said and (is_alone or len(bare) - len(words) <= LONGEST_NO) for words in _words()["no_answer"])


def _prompt(question: str, passages: Sequence[Passage], lang: Lang) -> str:
    lines = [
        f"[{number}] {one['title']} | {one['field']}: {_with_unit(one, in_words(one['value'], lang)[:LONGEST_VALUE])}"
        for number, one in enumerate(passages, 1)
    ]
    return "\n".join([*lines, "", question])


def _holds(said: str, question: str, passages: Sequence[Passage]) -> bool:
    """Whether a sentence cites passages that there are, and no number that neither they nor the question hold."""
    cited = {int(number) for number in _CITED.findall(said)}
    if not cited or max(cited) > len(passages) or 0 in cited:
        return False
    of_passages = [f"{one['title']} {_with_unit(one, str(one['value']))}" for one in (passages[at - 1] for at in cited)]
    return _numbers(_CITED.sub(" ", said)) <= _numbers(" ".join([question, *of_passages]))


def _with_unit(passage: Passage, value: str) -> str:
    return f"{value} {passage['unit']}" if passage.get("unit") else value


def _numbers(text: str) -> set[Decimal]:
    unified = unify(text)
    in_chinese = [
        number_in(printed) for printed in _IN_CHINESE.findall(unified) if not set("十百千万").isdisjoint(printed)
    ]
    return {
        *(Decimal(printed.replace(",", "")) for printed in _NUMBER.findall(unified)),
        *(Decimal(number) for number in in_chinese if number is not None),
    }


@cache
def _words() -> dict[str, Any]:
    """`data/answers.toml`."""
    return tomllib.loads((resources.files("tujian") / "data/answers.toml").read_text("utf-8"))
