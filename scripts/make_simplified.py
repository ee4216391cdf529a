"""Makes `data/words/simplified.txt`: traditional and variant characters beside the simplified ones of the same meaning.

    python scripts/make_simplified.py /usr/share/unicode/Unihan_Variants.txt.bz2

Enters: Unihan's variants (Debian's package unicode-data; Unicode Standard Annex #38). Leaves: pairs for comparison.
A character counts by its kSimplifiedVariant, else by that of its one mutual kSemanticVariant: Unihan knows 凈→净 and
that 淨 means 凈, and so Japan's 変 and 塩 come with it. Those in GB 2312 are simplified already and keep themselves,
but where Unihan names another form as well (乾 is 干 in 乾燥), both are made one: a comparison may not miss it.
"""

import argparse
import bz2
from collections import defaultdict
from pathlib import Path

OUT = Path(__file__).parents[1] / "src/tujian/data/words/simplified.txt"
HEAD = """# Characters made one for comparison, never for show: each pair is a character and its simplified form.
# Facts of Unihan_Variants.txt (kSimplifiedVariant, kSemanticVariant), Unicode {version}; scripts/make_simplified.py.
"""
A_ROW = 40
Variants = dict[str, list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("unihan", type=Path, help="Unihan_Variants.txt or .txt.bz2")
    lines = _lines(parser.parse_args().unihan)
    version = next(line.split()[-1] for line in lines if line.startswith("# Unicode version:"))
    pairs = sorted(simplified_of(lines).items())
    rows = ("".join(map("".join, pairs[start : start + A_ROW])) for start in range(0, len(pairs), A_ROW))
    OUT.write_text(HEAD.format(version=version) + "\n".join(rows) + "\n", "utf-8")
    print(f"{len(pairs)} pairs, {OUT.stat().st_size / 1000:.0f} kB")


def simplified_of(lines: list[str]) -> dict[str, str]:
    """Character → simplified form; no form is itself a key, so folding twice changes nothing."""
    simplified, semantic = _property(lines, "kSimplifiedVariant"), _property(lines, "kSemanticVariant")
    found = {c: others[0] for c, forms in simplified.items() if (others := [v for v in forms if v != c])}
    for character, same in semantic.items():
        forms = {found[v] for v in same if v in simplified and v in found and character in semantic.get(v, [])}
        if character not in found and not _is_in_gb2312(character) and len(forms) == 1:
            found[character] = forms.pop()
    for character in found:
        seen = {character}
        while found[character] in found and found[character] not in seen:
            seen.add(found[character])
            found[character] = found[found[character]]
    return {c: form for c, form in found.items() if form not in found and _is_plain(c) and _is_plain(form)}


def _lines(path: Path) -> list[str]:
    content = path.read_bytes()
    return (bz2.decompress(content) if path.suffix == ".bz2" else content).decode().splitlines()


def _property(lines: list[str], name: str) -> Variants:
    """One property as written there: U+4E7E <tab> kSimplifiedVariant <tab> U+4E7E U+5E72<source."""
    found: Variants = defaultdict(list)
    for line in lines:
        if line.startswith("U+") and line.split("\t")[1] == name:
            code, _, values = line.split("\t")
            found[chr(int(code[2:], 16))] = [chr(int(value.split("<")[0][2:], 16)) for value in values.split()]
    return found


def _is_in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _is_plain(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


if __name__ == "__main__":
    main()
