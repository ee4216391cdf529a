"""Which rule fills which field: a task of the user's gets a rule by naming its field alike.

Enters: lines. Leaves: readings. A new rule is one module beside this one and one row here.
Does not know: rules that need more than lines (brand, name, category, tags): `findings.py` calls those.
"""

from collections.abc import Callable, Sequence

from tujian.perception.text import TextLine
from tujian.rules import (
    Reading,
    books,
    dates,
    garment_tags,
    gtin,
    headlines,
    ingredients,
    materials,
    measures,
    model_numbers,
    nutrition,
    pack_facts,
    periods,
    prices,
    promotions,
    sizes,
)

READERS: dict[str, Callable[[Sequence[TextLine]], list[Reading]]] = {
    "net_content": measures.find_net_content,
    "price": prices.find_prices,
    "original_price": prices.find_original_prices,
    "promotion": promotions.find_promotions,
    "period": periods.find_periods,
    "headline": headlines.find_headline,
    "selling_points": headlines.find_selling_points,
    "audience": headlines.find_audiences,
    "production_date": dates.find_production_dates,
    "best_before": dates.find_best_before,
    "shelf_life": dates.find_shelf_lives,
    "barcode": gtin.find_in_lines,
    "ingredients": ingredients.find_ingredients,
    "allergens": ingredients.find_allergens,
    "nutrition_basis": nutrition.find_basis,
    **{nutrient: nutrition.reader_of(nutrient) for nutrient in nutrition.NAMES},
    "storage": pack_facts.find_storage,
    "producer": pack_facts.find_producers,
    "origin": pack_facts.find_origins,
    "licence": pack_facts.find_licences,
    "standard": pack_facts.find_standards,
    "batch": pack_facts.find_batches,
    "model_number": model_numbers.find_model_numbers,
    "isbn": books.find_isbns,
    "author": books.find_authors,
    "publisher": books.find_publishers,
    "edition": books.find_editions,
    "material": materials.find_materials,
    "size": sizes.find_sizes,
    "colours": garment_tags.find_printed_colours,
    "style_number": garment_tags.find_style_numbers,
    "safety_class": garment_tags.find_safety_classes,
    "care": garment_tags.find_care,
}
