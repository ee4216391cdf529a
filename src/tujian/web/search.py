"""The page of searching: a sentence or a picture in, hits with scores and reasons out; honest where nothing fits.

Enters: what was asked, how it was understood, what was found. Leaves: the page as text. What it does not know: the
search, requests. req: A9, D8, E6, E8
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tujian.catalogue.nouns import ItemPicture, Visibility
from tujian.errors import TujianError
from tujian.filter_words import write_filter
from tujian.finding import Found
from tujian.proposing import Proposal
from tujian.query import Understood, left_of
from tujian.saved_searches import Question, SavedSearch
from tujian.taxonomy import Taxonomy
from tujian.web.addresses import address_of, saved_links
from tujian.web.chips import Chips
from tujian.web.render import Reader, render_template

LOOSE = 0.1  # strictness that is offered where nothing was found
MOST_PICTURES = 8  # as many as the server takes with one search (api/bodies.py)
ASKS = "ask=model"  # in an address: the attached model is asked what else the sentence means
SURE, FAIR = 0.75, 0.5  # scores from which a hit fits well, or fairly: halves of what is shown at strictness 0.5


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for. `pictures`: as many came along, which are not kept."""

    asked: Question
    also: Sequence[Visibility] = ()
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """`is_empty`: there is nothing at all in the catalogue. `shown`: the item's picture that hits look like."""

    found: Found = field(default_factory=lambda: Found(hits=[], facets={}, total=0))
    understood: Understood = field(default_factory=Understood)
    is_empty: bool = False
    trouble: TujianError | None = None
    shown: ItemPicture | None = None
    proposals: Sequence[Proposal] | None = None  # of a model; None: it was not asked
    silent: TujianError | None = None  # why the model that was asked said nothing


def render_search(
    reader: Reader, wish: Wish, answered: Answered, taxonomy: Taxonomy, saved: Sequence[SavedSearch]
) -> str:
    found, asked, also = answered.found, wish.asked, wish.also
    is_blank = asked.is_nothing and not wish.pictures
    is_open = not (answered.is_empty or asked.plain or wish.pictures) and left_of(asked.text, answered.understood)
    chips = Chips(asked, answered.understood, found.facets, taxonomy, reader.lang, also)
    looser = address_of(asked.model_copy(update={"strictness": LOOSE}), also) if asked.strictness > LOOSE else ""
    return render_template(
        "search.html",
        "/search",
        reader,
        lang_at=address_of(asked, also),
        asked=asked,
        also=also,
        is_blank=is_blank,
        pictures=wish.pictures,
        most_pictures=MOST_PICTURES,
        is_empty=answered.is_empty,
        trouble=answered.trouble.say(reader.lang) if answered.trouble else None,
        shown=answered.shown,
        sides=asked.region.split(",") if asked.region else [""] * 4,
        chips=chips.all(),
        proposed=[(_name(one, reader), _with(one, asked, also)) for one in answered.proposals or ()],
        was_asked=answered.proposals is not None,
        silent=answered.silent.say(reader.lang) if answered.silent else None,
        asks=f"{address_of(asked, also)}&{ASKS}" if is_open and reader.engine else "",
        hits=found.hits,
        total=found.total,
        meaning=found.meaning,
        sure=SURE,
        fair=FAIR,
        seeing=urlencode([("also", one) for one in also]),
        following=address_of(asked, also, found.next) if found.next and not wish.pictures else "",
        looser=looser,
        without=address_of(asked.model_copy(update={"like": "", "picture": 0, "region": ""}), also),
        saved=saved_links(saved),
        keeps="" if is_blank or wish.pictures else address_of(asked, also),
    )


def _name(one: Proposal, reader: Reader) -> str:
    return one.zh if reader.lang == "zh" else one.en


def _with(one: Proposal, asked: Question, also: Sequence[Visibility]) -> str:
    """The address of the question with a proposal taken."""
    return address_of(asked.model_copy(update={"filters": (*asked.filters, write_filter(one.filter))}), also)
