"""Regions are read: each the way its neighbours stand, and looked at again where the first look was unsure.

Enters: BGR pixels, regions. Leaves: what was read in each, and which way it was turned. Does not know: what of it is to
be believed (`belief.py`), in which order it is read (`reading_order.py`).

Long lines are read first: which way they stand tells how to hold the short ones, so that in a picture that was taken
upside down 690 is not read as 069.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tujian.perception.bends import bow_of, straightened
from tujian.perception.crops import straight, to_its_ink, turned, upside_down
from tujian.perception.letters import LetterReader, Letters
from tujian.perception.text_regions import Pixels, Points, Region

SURE = 0.85  # below it a line is looked at again
SURE_OF_CELL = 0.85  # what was not found as text must be read this surely
TELLING_SURE = 0.95  # confidence and
TELLING = 3  # letters from which a line tells how its neighbours stand
AGAINST = 0.2  # how much surer a line must be that is held otherwise than its neighbours: Yoggi is .74, 16606 .88
SHORT = 6  # letters up to which a line may read well both ways, so that its neighbours count in full
HOLLOW = 0.5  # what a line with holes is worth
TALL = 1.5  # height / width from which a line is taken as standing, as RapidOCR does
NARROW = 3.0  # height / width below which what stands may be a single 1 or I


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was read in a region. `quad` begins at the text's own top left."""

    region: Region
    letters: Letters
    quarters: int = 0  # turns of the region's corners after which the text begins at the first
    is_held_alike: bool = True  # the way most surely read text of the picture is held, upright where none tells

    @property
    def quad(self) -> Points:
        return turned(self.region.quad, self.quarters)

    @property
    def height_px(self) -> float:
        return min(self.region.sides_px)

    @property
    def length_px(self) -> float:
        return max(self.region.sides_px)


class Looker:
    """Reads regions; holds nothing between pictures."""

    def __init__(self, reader: LetterReader) -> None:
        self._reader = reader

    def look(self, bgr: Pixels, regions: Sequence[Region]) -> list[Seen]:
        """One Seen a region, in their order."""
        votes: Counter[int] = Counter()
        seen: dict[int, Seen] = {}
        for place in sorted(range(len(regions)), key=lambda place: -_squares(regions[place])):
            one = self._look_at(bgr, regions[place], votes)
            seen[place] = one
            if one.letters.confidence >= TELLING_SURE and len(one.letters.text) >= TELLING:
                votes[one.quarters] += len(one.letters.text)
        usual = _usual(votes)
        return [replace(seen[place], is_held_alike=seen[place].quarters == usual) for place in range(len(regions))]

    def look_for(self, bgr: Pixels, places: Sequence[Points]) -> list[Seen]:
        """What stands at the start of each of `places` (corners), where the detector found nothing."""
        found = []
        for place in places:
            quad = to_its_ink(place, straight(bgr, place))
            if quad is not None:
                letters = self._reader.read(straight(bgr, quad))
                if letters.confidence >= SURE_OF_CELL and not letters.has_holes:
                    found.append(Seen(Region(quad, quad, letters.confidence), letters))
        return found

    def _look_at(self, bgr: Pixels, region: Region, votes: Counter[int]) -> Seen:
        best = Seen(region, Letters())
        for again in self._looks(bgr, region, votes):
            if _worth(again, votes) > _worth(best, votes):
                best = again
            if best.letters.confidence >= SURE and not best.letters.has_holes:
                break
        return best

    def _looks(self, bgr: Pixels, region: Region, votes: Counter[int]) -> Iterator[Seen]:
        """The ways to look at a region, one after the other, for as long as somebody asks."""
        for quarters in turns_of(region, votes):
            yield Seen(region, self._reader.read(straight(bgr, turned(region.quad, quarters))), quarters)
        lies = region.sides_px[0] >= region.sides_px[1]
        bow = bow_of(region, region.quad if lies else turned(region.quad, 1))
        if bow is not None:
            strip = straightened(bgr, bow)
            yield Seen(region, self._reader.read(strip), 0 if lies else 1)
            yield Seen(region, self._reader.read(upside_down(strip)), 2 if lies else 3)


def turns_of(region: Region, votes: Counter[int]) -> list[int]:
    """Quarter turns worth trying, the likeliest first: those that fit the region's shape, as `votes` have it."""
    along, across = region.sides_px
    usual = _usual(votes)
    if across >= TALL * along:
        fitting = [1, 3] if usual or across >= NARROW * along else [0, 1, 3]
    elif along >= TALL * across or usual in (0, 2):
        fitting = [0, 2]
    else:
        fitting = [1, 3, 0]
    return sorted(fitting, key=lambda quarters: -votes[quarters])


def _usual(votes: Counter[int]) -> int:
    return votes.most_common(1)[0][0] if votes else 0


def _worth(seen: Seen, votes: Counter[int]) -> float:
    """How far a look is to be preferred: its confidence, less where it is odd. Text held wrongly is read with holes."""
    is_against = bool(votes) and seen.quarters != _usual(votes)
    against = AGAINST * min(1.0, SHORT / max(1, len(seen.letters.text))) if is_against else 0.0
    return seen.letters.confidence * (HOLLOW if seen.letters.has_holes else 1) - against


def _squares(region: Region) -> float:
    return max(region.sides_px) / max(min(region.sides_px), 1.0)
