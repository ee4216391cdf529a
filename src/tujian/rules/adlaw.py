"""Advertising-law words in copy and on pictures: what stands there, which article speaks of it, what lets it pass.

Enters: text, or lines of it. Leaves: findings with the word, its place, the article, the reason, and whether a use that
the 2023 guide names lets it pass. req: F6

It is a first hint by words and no legal advice. It does not know: who publishes the text and whether it is advertising
at all, what can be proved, words spelled by sound or split by signs, and any language but Chinese.
Source: `data/words/adlaw.toml`, which cites the law.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from tujian.errors import Lang
from tujian.perception.text import TextLine


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why a word passes: the guide's article, and in whose words."""

    source: str
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class AdFinding:
    """A word at `start` of its text. `sure` is off where the word alone does not settle it; `line` is None for text."""

    word: str
    start: int
    rule: str
    article_zh: str
    article_en: str
    reason_zh: str
    reason_en: str
    sure: bool
    exemption: Exemption | None = None
    line: TextLine | None = None

    @property
    def exempt(self) -> bool:
        return self.exemption is not None

    def say(self, lang: Lang) -> str:
        """One sentence: word, article, reason, and what lets it pass.

        >>> find_in_text("全网最低价")[0].say("zh")
        '“全网最低价”：绝对化用语：把商品说成最高、最好、唯一，无法证明又会误导或贬低同行（《广告法》第九条第（三）项）'
        """
        passed = self.exemption
        if lang == "zh":
            said = f"“{self.word}”：{self.reason_zh}（{self.article_zh}）"
            return said + (f"；可不适用：{passed.reason_zh}（{passed.source}）" if passed else "")
        said = f"“{self.word}”: {self.reason_en} ({self.article_en})"
        return said + (f"; may pass: {passed.reason_en} ({passed.source})" if passed else "")


@dataclass(frozen=True, slots=True)
class _Book:
    """`data/words/adlaw.toml`, compiled."""

    rules: tuple[tuple[re.Pattern[str], AdFinding], ...]
    ordinary: re.Pattern[str]
    exempt: tuple[tuple[re.Pattern[str], frozenset[str], Exemption], ...]
    elsewhere: tuple[tuple[re.Pattern[str], frozenset[str], Exemption], ...]
    disclaimer: dict[Lang, str]


def find_absolute_terms(lines: Sequence[TextLine]) -> list[AdFinding]:
    """Every finding on these lines, in reading order; exempt ones are marked. Each word of an article once."""
    whole = "\n".join(line.text for line in lines)
    found: dict[tuple[str, str, bool], AdFinding] = {}
    for line in lines:
        for finding in _in_text(line.text, whole):
            found.setdefault((finding.rule, finding.word, finding.exempt), replace(finding, line=line))
    return list(found.values())


def find_in_text(text: str) -> list[AdFinding]:
    """Every finding in plain text (a cell of a sheet, a title), from the left.

    >>> [(found.word, found.exempt) for found in find_in_text("国家级工艺，最佳食用期30天")]
    [('国家级', False), ('最佳', True)]
    """
    return _in_text(text, text)


def flagged(findings: Sequence[AdFinding]) -> list[AdFinding]:
    """Those that nothing lets pass, the sure ones first."""
    return sorted((finding for finding in findings if not finding.exempt), key=lambda finding: not finding.sure)


def disclaimer(lang: Lang) -> str:
    """The line that goes with every finding."""
    return _book().disclaimer[lang]


def _in_text(text: str, whole: str) -> list[AdFinding]:
    book = _book()
    free = book.ordinary.sub(lambda match: "\n" * len(match[0]), text)
    findings = list(_words(free, book))
    return [_weighed(finding, text, whole, book) for finding in sorted(findings, key=lambda one: one.start)]


def _words(free: str, book: _Book) -> Iterator[AdFinding]:
    """Words of all rules; what a sure rule took, a later one does not take again."""
    for pattern, rule in book.rules:
        for match in pattern.finditer(free):
            yield replace(rule, word=match[0], start=match.start())
        free = pattern.sub(lambda match: "\n" * len(match[0]), free)


def _weighed(finding: AdFinding, text: str, whole: str, book: _Book) -> AdFinding:
    for pattern, rules, exemption in book.elsewhere:
        if finding.rule in rules and pattern.search(whole):
            return replace(finding, exemption=exemption)
    begin, end = finding.start, finding.start + len(finding.word)
    for pattern, rules, exemption in book.exempt:
        if rules and finding.rule not in rules:
            continue
        if any(match.start() < end and begin < match.end() for match in pattern.finditer(text)):
            return replace(finding, exemption=exemption)
    return finding


@cache
def _book() -> _Book:
    table = tomllib.loads(files("tujian").joinpath("data/words/adlaw.toml").read_text("utf-8"))
    return _Book(
        tuple((_either(row), _blank(row)) for row in table["rule"]),
        re.compile("|".join(pattern for row in table["ordinary"] for pattern in row["patterns"]), re.I),
        tuple((_either(row), frozenset(row.get("rules", ())), _exemption(row)) for row in table["exempt"]),
        tuple((_either(row), frozenset(row["rules"]), _exemption(row)) for row in table["elsewhere"]),
        {"zh": table["disclaimer_zh"], "en": table["disclaimer_en"]},
    )


def _either(row: dict[str, Any]) -> re.Pattern[str]:
    return re.compile("|".join(row["patterns"]), re.I)


def _blank(row: dict[str, Any]) -> AdFinding:
    """The rule's finding without a word yet."""
    texts = (row["article_zh"], row["article_en"], row["reason_zh"], row["reason_en"])
    return AdFinding("", 0, row["id"], *texts, sure=row["sure"])


def _exemption(row: dict[str, Any]) -> Exemption:
    return Exemption(row["source"], row["reason_zh"], row["reason_en"])
