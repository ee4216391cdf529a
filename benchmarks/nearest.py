"""How often is the nearest category of a product's word right, and how often is none given?

Run: python benchmarks/nearest.py SHARED [tune|test|check]

Over Shopify's whole list in both languages; baseline: only a category of exactly that name. Words and truths were
written before either was tried. SHARED is the folder with taxonomy/shopify. Ends with one JSON line.
"""

import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from tujian.category_imports import import_list
from tujian.category_list import load_categories
from tujian.nearest_category import Nearest
from tujian.perception.vectors import default_embedder

WORDS = Path(__file__).parent / "nearest" / "words.tsv"


def words_of(wanted):
    rows = [line.split("\t") for line in WORDS.read_text("utf-8").splitlines() if not line.startswith("#")]
    return [(word, None if names == "-" else names.split("|")) for which, word, names in rows if which == wanted]


def measure(find, taxonomy, words):
    right, coarse, wrong, none, said = 0, [], [], [], []
    for word, names in words:
        found = find(word)
        path = taxonomy.path(found.id, "en") if found else []
        if found is None and names:
            none.append(word)
        elif found is not None and names and set(names) & set(path):
            right += 1
        elif found is not None and names and any(found.id in above for above in lineages(taxonomy, names)):
            coarse.append(f"{word}: {' > '.join(path)}")
        elif found is not None:
            (wrong if names else said).append(f"{word}: {' > '.join(path)}")
    goods = sum(names is not None for _, names in words)
    answered = right + len(coarse) + len(wrong) + len(said)
    return {"goods": goods, "others": len(words) - goods, "right": right, "coarse": coarse, "wrong": wrong,
            "none": none,
            "said_of_others": said, "precision": round(right / max(1, answered), 3),
            "answered": round((right + len(coarse) + len(wrong)) / goods, 3)}  # fmt: skip


def lineages(taxonomy, names):
    """Ids from the top down of every category called so: what lies above a truth is right, but coarse."""
    return [[step.id for step in taxonomy.lineage(one.id)] for one in taxonomy if one.en in names]


def main(shared, wanted="test"):
    folder = Path(shared) / "taxonomy" / "shopify"
    with tempfile.TemporaryDirectory() as home:
        for name in ("zh-CN", "en"):
            import_list(folder / name / "categories.txt", Path(home))
        taxonomy = load_categories(Path(home))
    embedder, words = default_embedder(), words_of(wanted)
    unknown = {name for _, names in words for name in names or ()} - {one.en for one in taxonomy}
    print("in no list:", sorted(unknown))
    ways = {
        "exact name": taxonomy.named,
        "names": lambda w: found_by(plain, w),
        "and meaning": lambda w: found_by(full, w),
    }
    plain, full = Nearest(taxonomy), Nearest(taxonomy, embedder.passages, embedder.name)
    table = {}
    for lang in ("zh", "en"):
        chosen = [row for row in words if row[0].isascii() == (lang == "en")]
        for name, find in ways.items():
            table[f"{name}, {lang}"] = found = measure(find, taxonomy, chosen)
            print(name, lang, {k: v for k, v in found.items() if not isinstance(v, list)})
        print(
            *found["coarse"],
            "wrong:",
            *found["wrong"],
            *found["said_of_others"],
            *[f"{w}: none" for w in found["none"]],
            sep="\n  ",
        )
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    about = {"command": f"nearest.py SHARED {wanted}", "commit": commit, "machine": platform.machine()}
    print(json.dumps({**about, "embedder": embedder.name, "categories": len(taxonomy), **table}, ensure_ascii=False))


def found_by(ready, word):
    return ready.find(word).category


if __name__ == "__main__":
    main(*sys.argv[1:])
