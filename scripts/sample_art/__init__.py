"""How the sample pictures are drawn: brush.py draws on a sheet, stage.py lights it, packs are one function each."""
