"""The forms in which one fact is printed: amounts, dates, shelf lives, prices."""

import datetime as dt
import random

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
NUMERALS = {6: "六", 8: "八", 9: "九", 10: "十", 12: "十二", 15: "十五", 18: "十八", 24: "二十四"}


def number(value: float) -> str:
    return f"{value:.10g}"


def amount(rng: random.Random, value: float, unit: str, count: int, english: bool) -> str:
    """A net content; `count` pieces of `value` each."""
    if value >= 1000 and rng.random() < 0.6:
        value, unit = value / 1000, {"g": "kg", "ml": "L"}[unit]
    zh = {"g": "克", "ml": "毫升", "kg": "千克", "L": "升"}[unit]
    units = [unit, " " + unit, unit] if english else [unit, " " + unit, zh, zh]
    if unit in ("g", "ml") and not english:
        units.append(unit.upper() if unit == "g" else "mL")
    one = number(value) + rng.choice(units)
    if count == 1:
        return one
    if english:
        return f"{count} x {one}"
    piece = rng.choice(["袋", "盒", "包"])
    return rng.choice([f"{one}×{count}", f"{count}×{one}", f"{one}x{count}{piece}", f"{one}*{count}"])


def date(rng: random.Random, day: dt.date, english: bool) -> str:
    forms = [f"{day:%Y.%m.%d}", f"{day:%Y/%m/%d}", f"{day:%Y-%m-%d}"]
    if english:
        forms = [f"{day.day:02d} {MONTHS[day.month - 1]} {day.year}", f"{day:%d.%m.%Y}", f"{day:%Y-%m-%d}"]
    else:
        forms += [f"{day:%Y}年{day:%m}月{day:%d}日", f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}",
                  f"{day:%Y} {day:%m} {day:%d}"]  # fmt: skip
    return rng.choice(forms)


def stamp(rng: random.Random, day: dt.date) -> str:
    return rng.choice([f"{day:%Y%m%d}", f"{day:%Y.%m.%d}", f"{day:%Y/%m/%d}", f"{day:%Y-%m-%d}"])


def span(rng: random.Random, months: int, days: int, english: bool) -> str:
    if english:
        return f"{days} days" if days else f"{months} months"
    if days:
        return rng.choice([f"{days}天", f"{days}日", f"{days} 天"])
    years = [f"{months // 12}年"] if months % 12 == 0 and rng.random() < 0.3 else []
    return rng.choice([f"{months}个月", f"{months} 个月", f"{months}个月", f"{NUMERALS[months]}个月", *years])


def price(rng: random.Random, value: float) -> str:
    plain = f"{value:.2f}" if rng.random() < 0.5 else number(value)
    return rng.choice([f"¥{plain}", f"￥{plain}", f"¥ {plain}", f"{plain}元", f"RMB {plain}"])
