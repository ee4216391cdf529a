"""From what was seen to claims about fields: each source says what it found, and where.

Enters: Percepts and the facts in the file. Leaves: Claims for the fields of a task whose sources allow it.
Does not know: what a model says, and which claim wins (`reconcile.py`).
"""

from collections.abc import Callable
from dataclasses import replace

from tujian.claims import WRONG_DIGIT, Claim
from tujian.errors import Lang
from tujian.knowledge import Knowledge
from tujian.perception import Percepts
from tujian.perception.colours import Colour
from tujian.perception.text import TextLine
from tujian.pictures import Picture
from tujian.records import Evidence, Source
from tujian.rules import Reading, books
from tujian.rules.brands import largest_lettering
from tujian.rules.category_words import find_category
from tujian.rules.colour_words import base_colour
from tujian.rules.names import find_names
from tujian.rules.readers import READERS
from tujian.rules.scenes import find_scene
from tujian.screening import screen
from tujian.tasks import Task, TaskField
from tujian.taxonomy import Category

PACKED_GOODS = "fb"  # what carries a barcode, a net content or a shelf life is asked about as groceries are
SIGNS_OF_A_PACK = ("net_content", "shelf_life", "best_before", "ingredients", "licence", "energy")
BOOKS = "me"
SCREENED = ("verdict", "reasons", "places", "logos")  # fields of the first filter, req: C5
MOST_COLOURS = 3
LARGE_SHARE = 0.12  # a colour below this share of the subject is on its plate as a swatch, not in the field


def find_claims(picture: Picture, percepts: Percepts, task: Task, knowledge: Knowledge, lang: Lang) -> list[Claim]:
    """All claims that perception, the rules and the file make about the fields of `task`."""
    return [
        claim
        for field in task.fields
        for source, find in _SOURCES.items()
        if source in field.sources
        for claim in find(field, picture, percepts, knowledge, lang)
    ]


def likely_category(percepts: Percepts, knowledge: Knowledge) -> Category | None:
    """What the picture names in print, else what the user's examples or the classifier are sure of; None when none."""
    named = find_category(percepts, knowledge.taxonomy)
    if named:
        return knowledge.taxonomy.get(named.id)
    taught = next((guess for one in knowledge.learned if (guess := one.learned.guess(percepts.picture_vector))), None)
    if taught is not None and taught.sure:
        return knowledge.taxonomy.named(taught.name) or Category("", taught.name, taught.name)
    return knowledge.taxonomy.meaning(percepts.labels.top3[0].id) if percepts.labels.sure else None


def likely_category_id(percepts: Percepts, knowledge: Knowledge) -> str | None:
    """The shipped list's id that a picture is asked about by, as far as it can be told; None when it cannot."""
    category = likely_category(percepts, knowledge)
    shipped = knowledge.taxonomy.shipped_id(category.id) if category is not None and category.id else None
    if shipped is not None:
        return shipped
    if percepts.labels.sure:
        return percepts.labels.top3[0].id
    lines = percepts.text_lines
    if READERS["isbn"](lines):
        return BOOKS
    is_pack = percepts.barcodes or any(READERS[name](lines) for name in SIGNS_OF_A_PACK)
    return PACKED_GOODS if is_pack else None


def _from_classifier(field: TaskField, _: Picture, percepts: Percepts, knowledge: Knowledge, lang: Lang) -> list[Claim]:
    taught = _taught(field, percepts, knowledge, lang) if field.type == "category" else []
    best = percepts.labels.top3[0]
    category = knowledge.taxonomy.meaning(best.id) if percepts.labels.sure else None
    if category is None:
        return taught
    if field.level == "top":
        category = knowledge.taxonomy.lineage(category.id)[0]
    name = category.name(lang)
    value = [name] if field.type == "list" else name
    return [*taught, Claim(field.name, value, "classifier", "category", best.confidence, category.id, category.id)]


def _taught(field: TaskField, percepts: Percepts, knowledge: Knowledge, lang: Lang) -> list[Claim]:
    """What the user's own examples say: a value where they are sure enough, else a candidate."""
    claims = []
    for one in knowledge.learned:
        guess = one.learned.guess(percepts.picture_vector)
        category = knowledge.taxonomy.named(guess.name) if guess else None
        if guess is None or (field.level == "top" and category is None):
            continue
        if category is not None and field.level == "top":
            category = knowledge.taxonomy.lineage(category.id)[0]
        claims.append(
            Claim(
                field.name,
                category.name(lang) if category else guess.name,
                "classifier",
                f"learned {one.name}",
                guess.confidence,
                key=category.id if category else "",
                id=category.id if category else None,
                quote=guess.name,
                candidate_only=not guess.sure,
                taught=True,
            )
        )
    return claims


def stated_colours(percepts: Percepts) -> list[Colour]:
    """Those that are large enough to be the thing's own, the largest first."""
    return [c for c in percepts.colours[:MOST_COLOURS] if c.share >= LARGE_SHARE] or list(percepts.colours[:1])


def _from_colours(field: TaskField, _: Picture, percepts: Percepts, __: Knowledge, lang: Lang) -> list[Claim]:
    large = stated_colours(percepts)
    if not large:
        return []
    if field.values is not None:
        return _colour_group(field, large[0], lang)
    names = [c.zh if lang == "zh" else c.en for c in large]
    return [Claim(field.name, names, "colour", "colours", None, key=",".join(c.en for c in large))]


def _colour_group(field: TaskField, largest: Colour, lang: Lang) -> list[Claim]:
    """The controlled colour that the largest one belongs to; nothing when the task has none such. req: C4"""
    base = base_colour(largest.en)
    group = next((words for words in field.values or () if words.en == base), None)
    return [Claim(field.name, group.of(lang), "colour", "colours", None, id=base)] if group else []


def _from_text(field: TaskField, _: Picture, percepts: Percepts, __: Knowledge, ___: Lang) -> list[Claim]:
    lines = percepts.text_lines
    if not lines:
        return []
    first, *rest = [_line_evidence(line) for line in lines]
    text = "\n".join(line.text for line in lines)
    confidence = sum(line.confidence for line in lines) / len(lines)
    return [
        Claim(field.name, text, "ocr", "text", confidence, box_1000=first.box_1000, quote=first.quote, more=tuple(rest))
    ]


def _from_barcodes(field: TaskField, _: Picture, percepts: Percepts, __: Knowledge, ___: Lang) -> list[Claim]:
    codes = [code for code in percepts.barcodes if field.name != "isbn" or books.is_isbn(code.text)]
    return [
        Claim(
            field.name,
            code.text,
            "barcode",
            f"zxing {code.format}",
            1.0,
            key=code.text,
            box_1000=code.box_1000,
            quote=code.text,
            valid=code.valid,
        )
        for code in codes
    ]


def _from_rules(
    field: TaskField, picture: Picture, percepts: Percepts, knowledge: Knowledge, lang: Lang
) -> list[Claim]:
    if field.name in SCREENED:
        return screen(field, percepts, knowledge, lang)
    if field.type == "brand":
        return _brands(field, percepts.text_lines, knowledge)
    if field.name == "name":
        names = find_names(percepts, knowledge.taxonomy, knowledge.brands)
        return [_read_claim(field, reading, lang) for reading in names]
    if field.name == "tags":
        return _tags(field, percepts, knowledge, lang)
    if field.type == "category":
        return _named_category(field, percepts, knowledge, lang)
    if field.name == "category":
        scene = find_scene(picture, percepts)
        return (
            [Claim(field.name, scene.zh if lang == "zh" else scene.en, "rule", "scene/2", None, inferred=True)]
            if scene
            else []
        )
    if field.name == "taken_at":
        return _named_time(field, picture)
    reader = READERS.get(field.name)
    claims = [_read_claim(field, reading, lang) for reading in reader(percepts.text_lines)] if reader else []
    in_parts = claims and field.type in ("list", "colour") and isinstance(claims[0].value, str)
    return [_joined(claims)] if in_parts else claims


def _named_time(field: TaskField, picture: Picture) -> list[Claim]:
    """The time in the file's name, where the camera wrote none: a name is easily changed, so it stays unchecked."""
    named = picture.named_at
    if named is None or picture.taken_at:
        return []
    return [Claim(field.name, named.iso, "rule", "file name", None, quote=named.quote, inferred=True)]


def _named_category(field: TaskField, percepts: Percepts, knowledge: Knowledge, lang: Lang) -> list[Claim]:
    named = find_category(percepts, knowledge.taxonomy)
    if named is None:
        return []
    category = knowledge.taxonomy.get(named.id)
    if field.level == "top":
        category = knowledge.taxonomy.lineage(category.id)[0]
    line = named.line
    return [
        Claim(
            field.name,
            category.name(lang),
            "rule",
            "category-words/1",
            round(line.confidence * named.share, 3),
            category.id,
            category.id,
            box_1000=line.box_1000,
            quote=line.text,
        )
    ]


def _brands(field: TaskField, lines: tuple[TextLine, ...], knowledge: Knowledge) -> list[Claim]:
    known = [_read_claim(field, reading, "zh") for reading in knowledge.brands.find(lines)]
    largest = largest_lettering(lines)
    if known or largest is None:
        return known
    return [
        Claim(
            field.name,
            largest.text,
            "rule",
            "largest-lettering/1",
            None,
            box_1000=largest.box_1000,
            quote=largest.text,
            candidate_only=True,
        )
    ]


def _tags(field: TaskField, percepts: Percepts, knowledge: Knowledge, lang: Lang) -> list[Claim]:
    """As many as are true: the category and its way up, colours, brands, a person."""
    tags: list[str] = []
    category = knowledge.taxonomy.meaning(percepts.labels.top3[0].id) if percepts.labels.sure else None
    if category is not None:
        tags += reversed(knowledge.taxonomy.path(category.id, lang))
    tags += [c.zh if lang == "zh" else c.en for c in percepts.colours[:2] if c.share >= LARGE_SHARE]
    tags += [str(reading.value) for reading in knowledge.brands.find(percepts.text_lines)[:1]]
    if percepts.faces:
        tags.append("人物" if lang == "zh" else "people")
    unique = list(dict.fromkeys(tags))[: field.count or 20]
    return [Claim(field.name, unique, "rule", "tags/1", None, inferred=True)] if unique else []


def _from_faces(field: TaskField, _: Picture, percepts: Percepts, __: Knowledge, lang: Lang) -> list[Claim]:
    if not percepts.faces:
        return []
    first, *rest = [
        Evidence(source="face", by="faces", confidence=face.confidence, box_1000=face.box_1000)
        for face in percepts.faces
    ]
    value = len(percepts.faces) if field.type == "number" else ["人" if lang == "zh" else "person"]
    return [Claim(field.name, value, "face", "faces", first.confidence, box_1000=first.box_1000, more=tuple(rest))]


def _from_exif(field: TaskField, picture: Picture, _: Percepts, knowledge: Knowledge, lang: Lang) -> list[Claim]:
    if field.name == "taken_at" and picture.taken_at:
        return [Claim(field.name, picture.taken_at, "exif", "EXIF DateTimeOriginal", None, quote=picture.camera)]
    if field.name == "place" and picture.gps:
        place, written = knowledge.places.find(*picture.gps), "{:.5f}, {:.5f}".format(*picture.gps)
        return [Claim(field.name, place.name(lang) if place else written, "exif", "EXIF GPS", None, quote=written)]
    return []


def _joined(claims: list[Claim]) -> Claim:
    """The claims about a field that holds a list, as one: a doubt about one is a doubt about the list."""
    doubted = next((claim for claim in claims if claim.valid is False), claims[0])
    return replace(
        claims[0],
        value=list(dict.fromkeys(str(claim.value) for claim in claims)),
        key=", ".join(sorted({claim.compared for claim in claims})),
        confidence=min(claim.confidence or 0.0 for claim in claims),
        valid=doubted.valid,
        doubt=doubted.doubt,
        more=tuple(evidence for claim in claims[1:] for evidence in claim.evidence()),
    )


def _read_claim(field: TaskField, reading: Reading, lang: Lang) -> Claim:
    line = reading.line
    return Claim(
        field.name,
        reading.value_en or reading.value if lang == "en" else reading.value,
        "rule",
        reading.rule,
        line.confidence * reading.share,
        reading.key,
        unit=reading.unit,
        box_1000=line.box_1000,
        quote=reading.quote,
        valid=reading.valid,
        candidate_only=reading.candidate_only,
        inferred=reading.inferred,
        doubt=reading.doubt or WRONG_DIGIT,
        more=tuple(_line_evidence(more) for more in reading.more),
    )


def _line_evidence(line: TextLine) -> Evidence:
    return Evidence(source="ocr", by="text", confidence=line.confidence, box_1000=line.box_1000, quote=line.text)


_SOURCES: dict[Source, Callable[[TaskField, Picture, Percepts, Knowledge, Lang], list[Claim]]] = {
    "barcode": _from_barcodes,
    "rule": _from_rules,
    "ocr": _from_text,
    "colour": _from_colours,
    "classifier": _from_classifier,
    "face": _from_faces,
    "exif": _from_exif,
}
