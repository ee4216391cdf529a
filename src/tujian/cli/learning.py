"""`tujian learn`: a user's own classes from examples; `--list` and `--forget`.

Enters: settings and what was asked. Leaves: an exit code; scores on stdout, progress and what was left out on stderr.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tujian.cli.recognising import no_picture, progress
from tujian.decoding import Decoder
from tujian.errors import BadSettings, Lang, TujianError
from tujian.examples import Example, check_counts, read_examples
from tujian.folding import printable
from tujian.learned_files import check_name, forget, keep, load, names_in
from tujian.learning import Learned, Score, learn
from tujian.perception.labels import Labeller
from tujian.pictures import open_picture
from tujian.settings import Settings

MOST_UNREADABLE_NAMED = 10


def run_learn(settings: Settings, source: Path, name: str | None) -> int:
    """Reads the examples, fits, tells the score and keeps the result. Raises BadSettings and its kin."""
    called = check_name(name or source.stem)
    examples = read_examples(source)
    check_counts(example.label for example in examples)
    vectors, labels, unreadable = _look(settings, examples)
    _tell_unreadable(unreadable, settings.lang)
    check_counts(labels, len(unreadable))
    learned = learn(vectors, labels)
    path = keep(settings.home_dir, called, learned)
    _tell(called, learned, settings.lang)
    saved = f"已保存：{path}" if settings.lang == "zh" else f"Saved: {path}"
    Console().print(saved, style="dim", markup=False, soft_wrap=True)
    return 0


def run_list(settings: Settings) -> int:
    """What was learnt: name, classes, pictures, cross-validated score; a file that no longer fits says why."""
    zh, names = settings.lang == "zh", names_in(settings.home_dir)
    if not names:
        print("还没有学过什么。" if zh else "Nothing was learnt yet.")
    failed = False
    for name in names:
        try:
            _tell(name, load(settings.home_dir, name).learned, settings.lang)
        except BadSettings as error:
            said, failed = error.say(settings.lang), True
            print(f"{name}: {said.message} {said.remedy}", file=sys.stderr)
    return 1 if failed else 0


def run_forget(settings: Settings, name: str) -> int:
    forget(settings.home_dir, name)
    print(f"已删除“{name}”。" if settings.lang == "zh" else f"Forgot “{name}”.")
    return 0


def _look(settings: Settings, examples: Sequence[Example]) -> tuple[np.ndarray, list[str], list[str]]:
    """Vectors and labels of the pictures, each content once, and what could not be read, with the reason."""
    decoder, labeller = Decoder(memory_mb=settings.decode_memory_mb), Labeller()
    vectors, labels, unreadable = [], [], []
    met: dict[str, Example] = {}
    word = "学习" if settings.lang == "zh" else "Learning"
    try:
        with progress(settings.lang, len(examples), word=word) as step:
            for example in examples:
                step(lambda: None)
                try:
                    if reason := no_picture(example.path):
                        raise reason
                    picture = open_picture(
                        example.path, decoder=decoder, max_bytes=int(settings.max_upload_mb * 1_000_000)
                    )
                except TujianError as error:
                    unreadable.append(f"{printable(str(example.path))}: {error.say(settings.lang).message}")
                    continue
                if _is_new(met, picture.sha256, example):
                    vectors.append(labeller.label(picture.pixels).vector.astype(np.float32))
                    labels.append(example.label)
    finally:
        decoder.close()
    return np.array(vectors, np.float32).reshape(len(labels), -1), labels, unreadable


def _is_new(met: dict[str, Example], sha256: str, example: Example) -> bool:
    """Whether this content was not met before. Raises BadSettings when it was, under another class."""
    before = met.setdefault(sha256, example)
    if before.label != example.label:
        one, other = (printable(str(path)) for path in (before.path, example.path))
        raise BadSettings(
            zh=(f"同一张图片属于两个类：{one} 和 {other}。", "请只留一处。"),
            en=(f"One picture is in two classes: {one} and {other}.", "Keep one of them."),
        )
    return before is example


def _tell_unreadable(unreadable: Sequence[str], lang: Lang) -> None:
    for line in unreadable[:MOST_UNREADABLE_NAMED]:
        print(f"– {line}", file=sys.stderr)
    if unreadable:
        count = len(unreadable)
        words = f"{count} 个文件没有用上，见上" if lang == "zh" else f"{count} files were not used, see above"
        print(words, file=sys.stderr)


def _tell(name: str, learned: Learned, lang: Lang) -> None:
    zh = lang == "zh"
    table = Table(box=None, pad_edge=False, show_header=False)
    for label, score in zip(learned.classes, learned.per_class, strict=True):
        table.add_row(label, _words(score, zh), style=None)
    overall = "合计" if zh else "overall"
    table.add_row(f"[bold]{overall}[/]", f"[bold]{_words(learned.overall, zh)}[/]")
    console = Console(soft_wrap=True)
    console.print(f"{name}", style="bold", markup=False)
    console.print(
        "没见过的图片上认对的（5 折交叉验证）" if zh else "Right on pictures not seen (5-fold cross-validation)"
    )
    console.print(table)
    console.print(_stated(learned, zh), markup=False)


def _words(score: Score, zh: bool) -> str:
    low, high = score.interval()
    return f"{score.right}/{score.count}  {score.share:.2f} " + (
        f"(95% 区间 {low:.2f}–{high:.2f})" if zh else f"(95% interval {low:.2f}–{high:.2f})"
    )


def _stated(learned: Learned, zh: bool) -> str:
    stated, count = learned.stated, learned.overall.count
    if not stated.count:
        return (
            "还不够准：识别时只列作候选。请多给图片，或合并相像的类。"
            if zh
            else "Not sure enough yet: guesses stay candidates. Give more pictures, or merge classes that look alike."
        )
    if zh:
        return f"把握够的 {stated.count}/{count} 张才作数，其中对 {stated.right} 张；其余只列作候选。"
    return f"Sure enough to be stated: {stated.count} of {count}, {stated.right} of them right; others stay candidates."
