"""Fonts by name. They come in Debian's packages and are neither shipped nor installed by this project.

python benchmarks/fields/lettering.py     fetches what is missing, without installing (needs apt-get and dpkg)
"""

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from PIL import ImageFont

PACKAGES = ("fonts-noto-cjk", "fonts-noto-cjk-extra", "fonts-lxgw-wenkai", "fonts-smiley-sans", "fonts-arphic-ukai",
            "fonts-roboto-unhinted", "fonts-lato", "fonts-liberation", "fonts-dejavu-core")  # fmt: skip
FETCHED = Path.home() / ".cache/tujian-fonts"
FOLDERS = (Path("/usr/share/fonts"), FETCHED / "usr/share/fonts")
CJK_SC = 2  # the face with mainland forms in Noto's collections: JP, KR, SC, TC, HK
FONTS = {
    "hei": ("NotoSansCJK-Regular.ttc", CJK_SC),
    "hei light": ("NotoSansCJK-Light.ttc", CJK_SC),
    "hei demilight": ("NotoSansCJK-DemiLight.ttc", CJK_SC),
    "hei medium": ("NotoSansCJK-Medium.ttc", CJK_SC),
    "hei bold": ("NotoSansCJK-Bold.ttc", CJK_SC),
    "hei black": ("NotoSansCJK-Black.ttc", CJK_SC),
    "song": ("NotoSerifCJK-Regular.ttc", CJK_SC),
    "song medium": ("NotoSerifCJK-Medium.ttc", CJK_SC),
    "song bold": ("NotoSerifCJK-Bold.ttc", CJK_SC),
    "song black": ("NotoSerifCJK-Black.ttc", CJK_SC),
    "kai": ("LXGWWenKai-Regular.ttf", 0),
    "kai bold": ("LXGWWenKai-Bold.ttf", 0),
    "brush kai": ("ukai.ttc", 0),
    "slant": ("SmileySans-Oblique.ttf", 0),
    "roboto": ("Roboto-Regular.ttf", 0),
    "roboto bold": ("Roboto-Bold.ttf", 0),
    "roboto condensed": ("RobotoCondensed-Regular.ttf", 0),
    "lato": ("Lato-Regular.ttf", 0),
    "lato bold": ("Lato-Bold.ttf", 0),
    "lato black": ("Lato-Black.ttf", 0),
    "serif": ("LiberationSerif-Regular.ttf", 0),
    "serif bold": ("LiberationSerif-Bold.ttf", 0),
    "serif italic": ("LiberationSerif-BoldItalic.ttf", 0),
    "arial": ("LiberationSans-Regular.ttf", 0),
    "arial bold": ("LiberationSans-Bold.ttf", 0),
    "narrow": ("LiberationSansNarrow-Regular.ttf", 0),
    "mono": ("DejaVuSansMono.ttf", 0),
    "mono bold": ("DejaVuSansMono-Bold.ttf", 0),
}


@cache
def font(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    """The font called `name` (a key of FONTS). Raises OSError with what to do when its file is missing."""
    file, index = FONTS[name]
    return ImageFont.truetype(str(_find(file)), size_px, index=index)


@cache
def _find(file: str) -> Path:
    found = next((path for folder in FOLDERS for path in sorted(folder.rglob(file))), None)
    if found is None:
        raise OSError(
            f"{file} is in none of {', '.join(map(str, FOLDERS))}: apt-get install {' '.join(PACKAGES)}, "
            "or run benchmarks/fields/lettering.py, which fetches them without installing"
        )
    return found


def fetch() -> None:
    """Downloads the packages and unpacks them into FETCHED."""
    FETCHED.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, check=True)
        for package in sorted(Path(folder).glob("*.deb")):
            subprocess.run(["dpkg", "-x", str(package), str(FETCHED)], check=True)


if __name__ == "__main__":
    fetch()
    for name in FONTS:
        font(name, 20)
    print(f"{len(FONTS)} fonts")
