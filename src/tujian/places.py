"""Where a picture was taken, in words: coordinates become city, region and country, without asking anybody.

Enters: latitude and longitude. Leaves: a `Place` with names in Chinese and English, as precise as the table allows: a
city where the point lies within its reach, "near" one that is not far, else the region that the towns around agree on,
else the country; None at sea. It does not know streets, sights, or the sea's names.

The table is `data/places/places.npz` (69,472 populated places of GeoNames, names of CLDR, borders of Natural Earth),
made by `scripts/make_places.py`. Names are taken as these sources give them and take no side in any dispute.
"""

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tujian.errors import BrokenInstall, Lang

TABLE = Path(__file__).parent / "data" / "places" / "places.npz"
ROW_DEGREES = 0.025  # of latitude: one scan line of the table's land
EARTH_KM, DEGREE_KM = 6371.0, 111.2  # mean radius (IUGG); one degree of latitude
DENSE = 3000.0  # people a km²: a large city's; its reach is the disc they fill, and OUTSKIRTS_KM
OUTSKIRTS_KM = 4.0
NEAR_KM = 20.0  # beyond a city's reach: "near" it, an hour's ride on a bicycle
SHORE_KM = 10.0  # coasts of Natural Earth are simplified: a pier, a beach or an islet still belongs to its town
CORE = 1 / 3  # of its reach: there a city names the point, though one of its quarters is nearer (Paris, not Passy)
AROUND_KM = 80.0  # hamlets that may tell the region
WITNESSES = 3  # of them, the nearest, must agree: by 九寨沟 they do not, and the nearest one alone is wrong
SMALL_RUNS = 12  # a country on fewer runs of scan lines is too small for them: its own towns decide
SMALL_KM = 2.5


@dataclass(frozen=True, slots=True)
class Place:
    """Names from the finest to the country; Chinese ones fall back to English where nobody wrote one down."""

    zh: tuple[str, ...]
    en: tuple[str, ...]
    is_near: bool = False

    def name(self, lang: Lang) -> str:
        """
        >>> Place(("杭州", "浙江", "中国"), ("Hangzhou", "Zhejiang", "China")).name("zh")
        '杭州, 浙江, 中国'
        """
        first, *rest = self.zh if lang == "zh" else self.en
        if self.is_near:
            first = f"{first}附近" if lang == "zh" else f"near {first}"
        return ", ".join([first, *rest])


class Places:
    """The table, read when the first place is asked for. Threads share it."""

    def __init__(self, path: Path = TABLE) -> None:
        self._path = path
        self._reading = threading.Lock()

    def find(self, latitude: float, longitude: float) -> Place | None:
        """The place at a point in degrees (any longitude; 181 is -179), or None at sea and on no known land."""
        with self._reading:
            table = self._table
        longitude = (longitude + 180) % 360 - 180
        cities, distances_km = table.around(latitude, longitude, AROUND_KM)
        country = table.country_at(latitude, longitude)
        own_km = SHORE_KM if country is None else SMALL_KM
        if len(cities) and distances_km[0] <= own_km:
            nearest = int(table.city_country[cities[0]])
            country = nearest if country is None or table.is_small(nearest) else country
        if country is None:
            return None
        same = table.city_country[cities] == country
        return table.place(country, cities[same], distances_km[same], table.region_around(country, latitude, longitude))

    @cached_property
    def _table(self) -> "_Table":
        return _Table(self._path)


class _Lines:
    """Lines of UTF-8, decoded one by one: most of them nobody ever asks for."""

    def __init__(self, text: npt.NDArray[np.uint8]) -> None:
        self._text = text
        self._ends = np.append(np.flatnonzero(text == ord("\n")), len(text))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> str:
        begin = int(self._ends[number - 1]) + 1 if number else 0
        return bytes(self._text[begin : int(self._ends[number])]).decode()


class _Table:
    """The arrays of the file. Cities are sorted by latitude; `run_*` say whose land each scan line crosses."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise BrokenInstall(
                zh=(f"缺少地名表 {path.name}。", "请重新安装图鉴。"),
                en=(f"The table of places, {path.name}, is missing.", "Install Tujian again."),
            )
        with np.load(path) as stored:
            self._latitude, self._longitude = stored["latitude"], stored["longitude"]
            self._hamlet_latitude = stored["hamlet_latitude"] * np.float32(180 / 65535)
            self._hamlet_longitude = stored["hamlet_longitude"] * np.float32(360 / 65535)
            self._hamlet_country, self._hamlet_region = stored["hamlet_country"], stored["hamlet_region"]
            self._reach_km = OUTSKIRTS_KM + np.sqrt(stored["population"] / (np.pi * DENSE))
            self.city_country, self._city_region = stored["city_country"], stored["city_region"]
            self._row_ends, self._run_starts, self._run_country = (
                stored[name] for name in ("row_ends", "run_starts", "run_country")
            )
            self._cities, self._regions, self._countries = (
                _Lines(stored[name]) for name in ("cities", "regions", "countries")
            )
        self._runs_of = np.bincount(self._run_country, minlength=len(self._countries) + 1)[1:]

    def country_at(self, latitude: float, longitude: float) -> int | None:
        """The country whose land this is, or None: sea, or ice that nobody owns."""
        row = min(int((latitude + 90) / ROW_DEGREES), len(self._row_ends) - 1)
        begin, end = int(self._row_ends[row - 1]) if row else 0, int(self._row_ends[row])
        at = int((longitude + 180) / 360 * 65536)
        run = begin + int(np.searchsorted(self._run_starts[begin:end], at, side="right")) - 1
        land = int(self._run_country[run]) if run >= begin else 0
        return land - 1 if land else None

    def is_small(self, country: int) -> bool:
        return bool(self._runs_of[country] < SMALL_RUNS)

    def around(self, latitude: float, longitude: float, within_km: float) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Cities within a distance, and how far they are in km; the nearest first."""
        return _within(self._latitude, self._longitude, latitude, longitude, within_km)

    def region_around(self, country: int, latitude: float, longitude: float) -> int:
        """The region that the nearest hamlets of a country agree on; 0 when they do not, or are far."""
        near, _ = _within(self._hamlet_latitude, self._hamlet_longitude, latitude, longitude, AROUND_KM)
        regions = self._hamlet_region[near[self._hamlet_country[near] == country][:WITNESSES]]
        return int(regions[0]) if len(regions) == WITNESSES and len(set(regions.tolist())) == 1 else 0

    def place(self, country: int, cities: npt.NDArray[Any], distances_km: npt.NDArray[Any], around: int) -> Place:
        """What to call a point in `country` with these cities of it near; `around` is the region hamlets agree on."""
        country_names = _names(self._countries[country].partition("\t")[2])
        region_names = _names(self._regions[around])
        if not len(cities):
            return _place([region_names, country_names])
        reach_km = self._reach_km[cities]
        best, is_inside = _best(distances_km, reach_km)
        region = _names(self._regions[self._city_region[cities[best]]])
        if distances_km[best] - reach_km[best] <= NEAR_KM:
            return _place([_names(self._cities[cities[best]]), region, country_names], is_near=not is_inside)
        return _place([region_names, country_names])


def _within(
    latitudes: npt.NDArray[Any], longitudes: npt.NDArray[Any], latitude: float, longitude: float, within_km: float
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Which of these points, sorted by latitude, are within a distance, and how far they are; the nearest first."""
    degrees = within_km / DEGREE_KM
    low, high = np.searchsorted(latitudes, (latitude - degrees, latitude + degrees))
    there, here = np.radians(latitudes[low:high].astype(np.float64)), np.radians(latitude)
    apart = np.radians(longitudes[low:high].astype(np.float64) - longitude)
    half = np.sin((there - here) / 2) ** 2 + np.cos(there) * np.cos(here) * np.sin(apart / 2) ** 2
    distances_km = 2 * EARTH_KM * np.arcsin(np.sqrt(half))  # haversine
    order = np.argsort(distances_km, kind="stable")
    order = order[distances_km[order] <= within_km]
    return order + low, distances_km[order]


def _best(distances_km: npt.NDArray[Any], reach_km: npt.NDArray[Any]) -> tuple[int, bool]:
    """The city that names a point, and whether the point is within its reach.

    The largest of those whose core it is in, else the one it is deepest in, else the one whose reach is nearest.
    """
    depth = distances_km / reach_km
    core = np.flatnonzero(depth <= CORE)
    if len(core):
        return int(core[np.argmax(reach_km[core])]), True
    deepest = int(np.argmin(depth))
    if depth[deepest] <= 1:
        return deepest, True
    return int(np.argmin(distances_km - reach_km)), False


def _names(cell: str) -> tuple[str, str]:
    """English and Chinese."""
    en, _, zh = cell.partition("\t")
    return en, zh


def _place(levels: list[tuple[str, str]], *, is_near: bool = False) -> Place:
    """Levels without a name, and names said already, are left out; in Chinese so are regions without a Chinese one."""
    zh = [chinese or (english if n in (0, len(levels) - 1) else "") for n, (english, chinese) in enumerate(levels)]
    return Place(_told_once(zh), _told_once([english for english, _ in levels]), is_near)


def _told_once(names: list[str]) -> tuple[str, ...]:
    """Each name once; a city that is a country of its own needs no region."""
    if names[0] == names[-1]:
        return (names[0],)
    return tuple(dict.fromkeys(name for name in names if name))
