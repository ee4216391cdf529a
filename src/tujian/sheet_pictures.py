"""Pictures that lie in a workbook's rows: drawings anchored to a cell, the cell pictures of WPS (`DISPIMG`), and those
that Excel's "Place in Cell" makes a cell's value.

Enters: an XLSX file, the name of one of its sheets. Leaves: which parts of the file show in which row, and their bytes;
WPS's cell pictures put back into a file that openpyxl wrote, which leaves them out. Does not know: rows, columns.

A part is named by the file itself, so nothing it says is followed out of `xl/media`: a target outside, a link to an
address, a part that unpacks to too much are passed over. Source: ECMA-376 part 1, 20.5 (drawings) and part 2, 9
(relationships); `xl/cellimages.xml` as WPS 2019 to 2026 writes it; Microsoft's [MS-XLSX] 2.3.7 (rich data) for a cell
that names a value (`vm`), which names a structure and a relation. These are read, and not put back.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from xml.etree import ElementTree as Xml

from tujian.sheet_troubles import damaged

T = TypeVar("T")
MOST_PICTURES = 50_000  # of a workbook, shown in rows
MOST_PICTURE_BYTES = 100_000_000  # unpacked; what an import takes of it is the import's to bound
MOST_XML_BYTES = 100_000_000
MOST_RATIO, RATIO_FROM_BYTES = 200, 10_000_000  # as for archives: pictures hardly shrink
MEDIA = "xl/media/"
CELLS, CELLS_RELATIONS = "xl/cellimages.xml", "xl/_rels/cellimages.xml.rels"
WPS_KIND = "http://www.wps.cn/officeDocument/2020/cellImage"
WPS_CONTENT = "application/vnd.wps-officedocument.cellimage+xml"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
METADATA, RICH = "xl/metadata.xml", "xl/richData/"
RICH_VALUES, RICH_STRUCTURES, RICH_RELATED = (
    f"{RICH}{name}.xml" for name in ("rdrichvalue", "rdrichvaluestructure", "richValueRel")
)
LOCAL_IMAGE, IMAGE_KEY = "_localImage", "_rvRel:LocalImageIdentifier"
PLACED = "#VALUE!"  # what Excel leaves in such a cell for programs that know no pictures there
SHOWN = re.compile(r'^\s*=?\s*(?:_xlfn\.)?DISPIMG\(\s*(?:"|&quot;)(ID_\w{1,64})(?:"|&quot;)', re.I)
_CELL = re.compile(
    rb"<c\b[^>]{0,200}?\br=\"[A-Z]{1,3}(\d{1,7})\"[^>]{0,200}>\s*<f\b[^>]{0,200}>([^<]{0,300}DISPIMG[^<]{0,300})</f>"
)
_VALUED = re.compile(rb"<c\b([^>]{0,200}\bvm=\"(\d{1,9})\"[^>]{0,200})>")
_ROW = re.compile(rb"\br=\"[A-Z]{1,3}(\d{1,7})\"")
BROKEN = (
    zipfile.BadZipFile,
    Xml.ParseError,
    OSError,
    ValueError,
    KeyError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A picture in the file; `crc` tells whether it is still the same one."""

    name: str
    crc: int

    def told(self) -> str:
        return f"{self.crc:08x} {self.name}"

    @classmethod
    def read_back(cls, told: str) -> "Part":
        crc, _, name = told.partition(" ")
        return cls(name, int(crc, 16))


def is_shown(text: str, has_pictures: bool = False) -> bool:
    """Whether a cell's text is WPS's word for a picture, or Excel's in a row that has some.

    >>> is_shown('=DISPIMG("ID_0A1B",1)'), is_shown("a.jpg"), is_shown("#VALUE!"), is_shown("#VALUE!", True)
    (True, False, False, True)
    """
    return SHOWN.match(text) is not None or (has_pictures and text == PLACED)


def pictures_in(path: Path, sheet: str) -> dict[int, list[Part]]:
    """The parts that show in each row of a sheet, in the order in which the file has them. Raises BadInput."""
    found: dict[int, list[Part]] = {}
    try:
        with zipfile.ZipFile(path) as book:
            if not any(name.startswith(MEDIA) for name in book.namelist()):
                return {}
            for count, (row, target) in enumerate(_shown(book, sheet)):
                part = _part(book, target)
                if part is not None and count < MOST_PICTURES:
                    several = found.setdefault(row, [])
                    several += [part] if part not in several else []
    except BROKEN as error:
        raise damaged(error) from error
    return found


def read_part(path: Path, part: Part) -> bytes | None:
    """A picture's bytes; None when the file is gone, or has another picture there now."""
    try:
        with zipfile.ZipFile(path) as book:
            return book.read(part.name) if _part(book, part.name) == part else None
    except BROKEN:
        return None


def put_back(of: Path, into: Path) -> None:
    """WPS's cell pictures of one workbook, into another that has the same cells. Nothing where there are none."""
    with zipfile.ZipFile(of) as book, zipfile.ZipFile(into) as written:
        if CELLS not in book.namelist() or CELLS in written.namelist():
            return
        targets = {key: part.name for key, target in _relations(book, CELLS).items() if (part := _part(book, target))}
        moved = {key: f"{MEDIA}cell_{posixpath.basename(name)}" for key, name in targets.items()}
        parts = {name: written.read(name) for name in written.namelist()}
        parts["xl/_rels/workbook.xml.rels"] = _with_relation(parts["xl/_rels/workbook.xml.rels"])
        endings = {posixpath.splitext(name)[1][1:].lower() for name in moved.values()}
        parts["[Content_Types].xml"] = _with_types(parts["[Content_Types].xml"], endings)
        parts[CELLS] = book.read(CELLS)
        parts[CELLS_RELATIONS] = _relations_of(moved)
        parts |= {moved[key]: book.read(name) for key, name in targets.items()}
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in parts.items():
            whole.writestr(name, content)


def _shown(book: zipfile.ZipFile, sheet: str) -> Iterator[tuple[int, str]]:
    """Rows, counted from 1, and the targets that show there."""
    place = _sheet_part(book, sheet)
    for target in _relations(book, place, kind="/drawing").values():
        yield from _anchored(book, target)
    if CELLS in book.namelist():
        by_id = _cell_pictures(book)
        for row, formula in _CELL.findall(_bytes(book, place)):
            shown = SHOWN.match(formula.decode("utf-8", "replace"))
            if shown is not None and shown[1] in by_id:
                yield int(row), by_id[shown[1]]
    placed = _placed(book)
    for cell, number in _VALUED.findall(_bytes(book, place)) if placed else ():
        row = _ROW.search(cell)
        if row is not None and int(number) in placed:
            yield int(row[1]), placed[int(number)]


def _sheet_part(book: zipfile.ZipFile, sheet: str) -> str:
    parts = _relations(book, "xl/workbook.xml")
    for one in _xml(book, "xl/workbook.xml").iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            return parts.get(one.get(f"{RELATED}id", ""), "")
    return ""


def _anchored(book: zipfile.ZipFile, drawing: str) -> Iterator[tuple[int, str]]:
    if drawing not in book.namelist():
        return
    targets = _relations(book, drawing)
    for anchor in _xml(book, drawing):
        row = anchor.find(f"{DRAWING}from/{DRAWING}row")
        for blip in anchor.iter(BLIP) if row is not None and (row.text or "").isdecimal() else ():
            target = targets.get(blip.get(f"{RELATED}embed", ""))
            if target:
                yield int(row.text or 0) + 1, target  # pyright: ignore[reportOptionalMemberAccess]


def _cell_pictures(book: zipfile.ZipFile) -> dict[str, str]:
    """The target of each cell picture, by its name: ID_…"""
    targets, found = _relations(book, CELLS), {}
    for one in _xml(book, CELLS):
        named, blip = next(one.iter(f"{DRAWING}cNvPr"), None), next(one.iter(BLIP), None)
        if named is not None and blip is not None:
            found[named.get("name", "")] = targets.get(blip.get(f"{RELATED}embed", ""), "")
    return found


def _placed(book: zipfile.ZipFile) -> dict[int, str]:
    """The target of each picture that is a cell's value, by the number that cells say (`vm`, from 1)."""
    if not {METADATA, RICH_VALUES, RICH_STRUCTURES, RICH_RELATED} <= set(book.namelist()):
        return {}
    metadata, targets = _xml(book, METADATA), _relations(book, RICH_RELATED)
    kinds = [one.get("name") for one in metadata.iterfind("{*}metadataTypes/{*}metadataType")]
    rich = "{*}futureMetadata[@name='XLRICHVALUE']/{*}bk"
    named = [next((one.get("i", "") for one in block.iterfind(".//{*}rvb")), "") for block in metadata.iterfind(rich)]
    related = [targets.get(one.get(f"{RELATED}id", ""), "") for one in _xml(book, RICH_RELATED)]
    values, found = _related_values(book), {}
    for number, block in enumerate(metadata.iterfind("{*}valueMetadata/{*}bk"), 1):
        for one in block.iterfind("{*}rc"):
            if _at(kinds, one.get("t", ""), first=1) == "XLRICHVALUE":
                value = _at(values, _at(named, one.get("v", "")) or "")
                target = _at(related, value or "")
                found |= {number: target} if target else {}
    return found


def _related_values(book: zipfile.ZipFile) -> list[str]:
    """For each rich value the place of its picture among the related parts; "" for one that is no picture."""
    keys = [[key.get("n") for key in one] if one.get("t") == LOCAL_IMAGE else [] for one in _xml(book, RICH_STRUCTURES)]
    told: list[str] = []
    for value in _xml(book, RICH_VALUES):
        mine = _at(keys, value.get("s", "")) or []
        pairs = dict(zip(mine, (one.text or "" for one in value), strict=False))
        told.append(pairs.get(IMAGE_KEY, ""))
    return told


def _at(several: Sequence[T], told: str, first: int = 0) -> T | None:
    """The one at the place that a file says; None where it says none, or one that is not there."""
    place = int(told) - first if told.isdecimal() and len(told) < 10 else -1
    return several[place] if 0 <= place < len(several) else None


def _relations(book: zipfile.ZipFile, part: str, kind: str = "") -> dict[str, str]:
    """What a part names by an id, as names of other parts; what lies elsewhere than in this file is left out."""
    folder, name = posixpath.split(part)
    place = f"{folder}/_rels/{name}.rels"
    if place not in book.namelist():
        return {}
    return {
        one.get("Id", ""): posixpath.normpath(posixpath.join(f"/{folder}", one.get("Target", ""))).lstrip("/")
        for one in _xml(book, place)
        if one.get("TargetMode") != "External" and one.get("Type", "").endswith(kind)
    }


def _part(book: zipfile.ZipFile, name: str) -> Part | None:
    """The picture of this name, if the file has it and it may be unpacked."""
    try:
        one = book.getinfo(name)
    except KeyError:
        return None
    is_bomb = one.file_size > RATIO_FROM_BYTES and one.file_size > MOST_RATIO * max(1, one.compress_size)
    is_fit = name.startswith(MEDIA) and 0 < one.file_size <= MOST_PICTURE_BYTES and not one.flag_bits & 0x1
    return Part(name, one.CRC) if is_fit and not is_bomb else None


def _bytes(book: zipfile.ZipFile, name: str) -> bytes:
    if name not in book.namelist():
        return b""
    if book.getinfo(name).file_size > MOST_XML_BYTES:
        raise ValueError(f"{name}: {book.getinfo(name).file_size} bytes")
    return book.read(name)


def _xml(book: zipfile.ZipFile, name: str) -> Xml.Element:
    content = _bytes(book, name)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:  # no office program writes one; entities may be a bomb
        raise ValueError(f"{name}: a document type")
    return Xml.fromstring(content)


def _with_relation(content: bytes) -> bytes:
    root = Xml.fromstring(content)
    told = {"Id": "rIdTujianCells", "Type": WPS_KIND, "Target": "cellimages.xml"}
    Xml.SubElement(root, f"{PACKAGE}Relationship", told)
    return _written(root, PACKAGE)


def _relations_of(targets: Mapping[str, str]) -> bytes:
    root = Xml.Element(f"{PACKAGE}Relationships")
    for key, name in targets.items():
        told = {"Id": key, "Type": f"{RELATED[1:-1]}/image", "Target": name.removeprefix("xl/")}
        Xml.SubElement(root, f"{PACKAGE}Relationship", told)
    return _written(root, PACKAGE)


def _with_types(content: bytes, endings: set[str]) -> bytes:
    root = Xml.fromstring(content)
    known = {one.get("Extension", "").lower() for one in root}
    for ending in sorted(endings - known):
        kind = {"jpg": "jpeg"}.get(ending, ending)
        Xml.SubElement(root, f"{TYPES}Default", {"Extension": ending, "ContentType": f"image/{kind}"})
    Xml.SubElement(root, f"{TYPES}Override", {"PartName": f"/{CELLS}", "ContentType": WPS_CONTENT})
    return _written(root, TYPES)


def _written(root: Xml.Element, space: str) -> bytes:
    Xml.register_namespace("", space[1:-1])
    return Xml.tostring(root, "utf-8", xml_declaration=True)
