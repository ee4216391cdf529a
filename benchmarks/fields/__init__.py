"""The field-level test set: pictures of packs, labels, tags and posters that do not exist, drawn with their truth.

Enters: a seed. Leaves: a JPEG, the values printed on it and where each stands. Nothing of it is kept: the same seed,
fonts and library versions draw the same picture. `words.py` holds the vocabulary, `invent.py` makes products of it,
`packs.py`, `backs.py`, `garments.py` and `posters.py` lay them out on sheets, `camera.py` takes the picture.
"""
