"""Makes `data/taxonomy/google.tsv`: what our categories are called by Google Merchant.

Enters: the folder of Shopify's taxonomy release (`en/categories.txt`, `to_google_2021-09-21.txt`; MIT). Leaves: the
table, one of our ids a line with Google's full English name. Run: `python scripts/make_google_categories.py FOLDER`.
"""

import re
import sys
from pathlib import Path

TAXONOMY = Path(__file__).parents[1] / "src" / "tujian" / "data" / "taxonomy"
LINE = re.compile(r"gid://shopify/TaxonomyCategory/(\S+)\s+:\s+(.+)")
HEADING = """\
# Google's product taxonomy of 2021-09-21 for the ids of tujian.tsv, from Shopify's mapping (version 2025-08, MIT).
# Made by scripts/make_google_categories.py. Columns, by tabs: id, Google's full name.
"""


def main(folder: Path) -> None:
    lines = (folder / "en" / "categories.txt").read_text("utf-8").splitlines()
    paths = {match[1]: match[2].strip() for line in lines if (match := LINE.match(line))}
    google, source = {}, ""
    for line in (folder / "to_google_2021-09-21.txt").read_text("utf-8").splitlines():
        if line.startswith("→"):
            source = line[1:].strip()
        elif line.startswith("⇒"):
            google[source] = line[1:].strip()
    own = [line.split("\t")[0] for line in (TAXONOMY / "tujian.tsv").read_text("utf-8").splitlines()]
    rows = [f"{i}\t{google[paths[i]]}" for i in own if i in paths and paths[i] in google]
    (TAXONOMY / "google.tsv").write_text(HEADING + "\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
