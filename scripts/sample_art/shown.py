"""What a sample picture shows: the words its drawing writes, and what truth.json tells the tests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """Facts of one picture; empty where it shows none. Dates as YYYY-MM-DD, amounts as the rules give them."""

    brand: str
    name: str
    net_content: str = ""
    barcode: str = ""
    printed_code: str = ""  # digits without bars
    production_date: str = ""
    best_before: str = ""
    shelf_life: str = ""
    prices: tuple[str, ...] = ()
    must_contain: tuple[str, ...] = ()
