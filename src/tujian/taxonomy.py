"""The controlled list of what things are: ids of Shopify's product taxonomy under names an everyday shop uses.

Enters: `data/taxonomy/tujian.tsv` or a file of the same form. Leaves: `Category` by id or by name, paths, ancestry.
Not known here: pictures, models, which task asks.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from tujian.errors import BadSettings, BrokenInstall, Lang
from tujian.folding import fold

OWN_FILE = Path(__file__).parent / "data" / "taxonomy" / "tujian.tsv"
_ID = re.compile(r"[a-z]{2}(-\d+)*")  # Shopify's form: two letters for the top, then one number a level


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of goods. `names` are further names it is found by, in any language.

    `google` is its path in Google's product taxonomy, where somebody said so."""

    id: str
    zh: str
    en: str
    names: tuple[str, ...] = ()
    google: str = ""

    @property
    def top_id(self) -> str:
        """The id of the vertical it lies in.

        >>> Category("aa-1-13-8", "T恤", "T-shirts").top_id
        'aa'
        """
        return self.id.split("-", 1)[0]

    def name(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en


def is_under(category_id: str, ancestor_id: str) -> bool:
    """Whether an id is `ancestor_id` or lies below it, by whole segments.

    >>> is_under("aa-1-13-8", "aa-1-13"), is_under("aa-1-13", "aa-1-1")
    (True, False)
    """
    return category_id == ancestor_id or category_id.startswith(ancestor_id + "-")


class Taxonomy:
    """Categories by id, in the order of their file.

    >>> own = Taxonomy.load()
    >>> own.find("连帽卫衣").id
    'aa-1-13-13'
    >>> own.path("aa-1-13-13", "en")
    ['Clothing, shoes & bags', 'Clothes', 'Tops', 'Hoodies']
    """

    version: str
    """The first 12 hex digits of the sha256 of the file's bytes."""

    def __init__(self, categories: Mapping[str, Category], version: str, shipped: "Taxonomy | None" = None) -> None:
        """`shipped` is the list that the classifier's ids are of, where `categories` are another one."""
        self.version = version
        self._shipped = shipped
        self._by_id = MappingProxyType(dict(categories))
        self._by_name = MappingProxyType(_names(self._by_id))
        self.folded_names = MappingProxyType({fold(name): found for name, found in self._by_name.items()})
        self.longest_name = max((len(name) for name in self.folded_names if not name.isascii()), default=0)

    @classmethod
    def load(cls, path: Path | None = None) -> "Taxonomy":
        """Our own file, or another tab-separated one of its form.

        Raises BrokenInstall when our own file is missing, BadSettings when a file or one of its lines is wrong.
        """
        content = _read(path or OWN_FILE)
        rows = _rows(content.decode(), path or OWN_FILE)
        return cls({row.id: row for row in rows}, _version(content))

    @classmethod
    @cache
    def shipped(cls) -> "Taxonomy":
        """Our own file, read once. Raises BrokenInstall."""
        return cls.load()

    def __iter__(self) -> Iterator[Category]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, category_id: object) -> bool:
        return category_id in self._by_id

    def get(self, category_id: str) -> Category:
        """The category with this id. Raises BadSettings when there is none."""
        if category_id not in self._by_id:
            raise _unknown(category_id)
        return self._by_id[category_id]

    def find(self, name: str) -> Category:
        """The category with exactly this name (either language, or a further name; case does not count).

        Where one name stands for several, the shallowest comes. Raises BadSettings when there is none.
        """
        found = self._by_name.get(name.strip().casefold())
        if found is None:
            raise _unknown(name)
        return self._by_id[found]

    def named(self, name: str) -> Category | None:
        """The category with this id or this name, in any case; None when there is none."""
        return self._by_id.get(self._by_name.get(name.strip().casefold(), name.strip()))

    def meaning(self, shipped_id: str) -> Category | None:
        """What a shipped id is in this list: the category of that id or one of its names, else of its way up."""
        if self._shipped is None:
            return self._by_id.get(shipped_id)
        return _first_named(self, self._shipped.lineage(shipped_id))

    def shipped_id(self, category_id: str) -> str | None:
        """The shipped id that a category of this list, or one above it, is called by; None when there is nothing so
        called."""
        if self._shipped is None:
            return category_id
        found = _first_named(self._shipped, self.lineage(category_id))
        return found.id if found else None

    def shopify_id(self, category_id: str) -> str | None:
        """Shopify's own id of a category: as fine as it is where this list is Shopify's whole one, else the shipped
        one. A list of somebody's own may number alike and mean other things; it does not hold all that ships."""
        is_shopifys = self._shipped is None or all(one.id in self._by_id for one in self._shipped)
        return category_id if is_shopifys else self.shipped_id(category_id)

    def path(self, category_id: str, lang: Lang) -> list[str]:
        """Names from the top down to this category; levels that the file leaves out are left out."""
        return [step.name(lang) for step in self.lineage(category_id)]

    def lineage(self, category_id: str) -> list[Category]:
        """The category and its ancestors, the top first. Raises BadSettings when there is no such id."""
        parts = self.get(category_id).id.split("-")
        ids = ("-".join(parts[:depth]) for depth in range(1, len(parts) + 1))
        return [self._by_id[i] for i in ids if i in self._by_id]

    def is_under(self, category_id: str, ancestor_id: str) -> bool:
        """Whether an id is `ancestor_id` or lies below it."""
        return is_under(category_id, ancestor_id)

    def tops(self) -> list[Category]:
        """The verticals, in the order of the file."""
        return [c for c in self if c.id == c.top_id]

    def leaves(self) -> list[Category]:
        """Categories below a top with nothing below them."""
        inner = {step.id for c in self for step in self.lineage(c.id)[:-1]}
        return [c for c in self if c.id != c.top_id and c.id not in inner]


def _first_named(among: Taxonomy, lineage: list[Category]) -> Category | None:
    """The category of `among` that goes by an id or a name of a lineage, the finest first."""
    names = (name for step in reversed(lineage) for name in (step.id, step.zh, step.en, *step.names))
    return next((found for name in names if (found := among.named(name))), None)


def _names(by_id: Mapping[str, Category]) -> dict[str, str]:
    found: dict[str, str] = {}
    for category in sorted(by_id.values(), key=lambda c: c.id.count("-")):
        for name in (category.zh, category.en, *category.names):
            found.setdefault(name.casefold(), category.id)
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        if path == OWN_FILE:
            raise BrokenInstall(
                zh=("缺少自带的类目表。", "请重新安装图鉴。"),
                en=("Tujian's own taxonomy file is missing.", "Install Tujian again."),
            ) from error
        raise BadSettings(
            zh=(f"读不了类目文件 {path.name}：{error.strerror}。", "请检查路径和权限。"),
            en=(f"The taxonomy file {path.name} cannot be read: {error.strerror}.", "Check its path and rights."),
        ) from error


def _rows(text: str, path: Path) -> Iterator[Category]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield _row(line, f"{path.name}:{number}")


def _row(line: str, place: str) -> Category:
    cells = [cell.strip() for cell in line.split("\t")]
    if not 3 <= len(cells) <= 4 or not all(cells[:3]) or not _ID.fullmatch(cells[0]):
        raise BadSettings(
            zh=(f"类目表 {place} 这一行不对。", "每行应为：编号、中文名、英文名、其他名称（以制表符分隔）。"),
            en=(f"The taxonomy line {place} is wrong.", "Write id, Chinese name, English name, other names, by tabs."),
        )
    names = cells[3].split("|") if len(cells) == 4 else []
    return Category(cells[0], cells[1], cells[2], tuple(name for name in names if name))


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _unknown(name: str) -> BadSettings:
    return BadSettings(
        zh=(f"没有「{name}」这个类目。", "请用 data/taxonomy/tujian.tsv 里的编号或名称。"),
        en=(f"There is no category “{name}”.", "Use an id or a name from data/taxonomy/tujian.tsv."),
    )
