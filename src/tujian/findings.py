"""From what was seen to claims about fields: each source says what it found, and where.

Enters: Percepts and the facts in the file. Leaves: Claims for the fields of a task whose sources allow it.
Does not know: what a model says, and which claim wins (`reconcile.py`).
"""

from collections.abc import Callable

from tujian.claims import Claim
from tujian.errors import Lang
from tujian.knowledge import Knowledge
from tujian.perception import Percepts
from tujian.perception.text import TextLine
from tujian.pictures import Picture
from tujian.records import Evidence, Source
from tujian.rules import Reading, dates, measures
from tujian.rules.brands import largest_lettering
from tujian.rules.category_words import find_category
from tujian.rules.gtin import find_in_lines
from tujian.rules.scenes import find_scene
from tujian.tasks import Task, TaskField
from tujian.taxonomy import Category

PACKED_GOODS = "fb"  # what carries a barcode, a net content or a shelf life is asked about as groceries are
MOST_COLOURS = 3
LARGE_SHARE = 0.12  # a colour below this share of the subject is on its plate as a swatch, not in the field
# fields that a rule can fill, by name: a task of the user's gets them by naming its field alike
READERS: dict[str, Callable[[tuple[TextLine, ...]], list[Reading]]] = {
    "net_content": lambda lines: measures.find_net_content(lines),
    "price": lambda lines: measures.find_prices(lines),
    "production_date": lambda lines: dates.find_production_dates(lines),
    "best_before": lambda lines: dates.find_best_before(lines),
    "shelf_life": lambda lines: dates.find_shelf_lives(lines),
    "barcode": lambda lines: find_in_lines(lines),
}


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


def likely_top(percepts: Percepts, knowledge: Knowledge) -> str | None:
    """The shipped list's top a picture belongs to, as far as it can be told; None when it cannot."""
    category = likely_category(percepts, knowledge)
    top = knowledge.taxonomy.shipped_top(category.id) if category is not None and category.id else None
    if top is not None:
        return top
    if percepts.labels.sure:
        return percepts.labels.top3[0].id.split("-", 1)[0]
    lines = percepts.text_lines
    is_pack = percepts.barcodes or any(READERS[name](lines) for name in ("net_content", "shelf_life", "best_before"))
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


def _from_colours(field: TaskField, _: Picture, percepts: Percepts, __: Knowledge, lang: Lang) -> list[Claim]:
    large = [c for c in percepts.colours[:MOST_COLOURS] if c.share >= LARGE_SHARE] or list(percepts.colours[:1])
    if not large:
        return []
    names = [c.zh if lang == "zh" else c.en for c in large]
    return [Claim(field.name, names, "colour", "colours", None, key=",".join(c.en for c in large))]


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
        for code in percepts.barcodes
    ]


def _from_rules(
    field: TaskField, picture: Picture, percepts: Percepts, knowledge: Knowledge, lang: Lang
) -> list[Claim]:
    if field.type == "brand":
        return _brands(field, percepts.text_lines, knowledge)
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
    return [_read_claim(field, reading) for reading in reader(percepts.text_lines)] if reader else []


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
    known = [_read_claim(field, reading) for reading in knowledge.brands.find(lines)]
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
    tags += [reading.value for reading in knowledge.brands.find(percepts.text_lines)[:1]]
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


def _read_claim(field: TaskField, reading: Reading) -> Claim:
    line = reading.line
    return Claim(
        field.name,
        reading.value,
        "rule",
        reading.rule,
        line.confidence * reading.share,
        reading.key,
        unit=reading.unit,
        box_1000=line.box_1000,
        quote=reading.quote,
        valid=reading.valid,
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
