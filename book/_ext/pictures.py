"""Pictures as a page needs them: light, and with their place kept free while they load.

After the build each PNG is written again as WebP, without loss and at a third of the weight. Each
`img` says its width and height, so that no text moves when it comes, and loads when the reader comes near.
"""

import re
from xml.etree import ElementTree

from built_pages import mend_pages
from PIL import Image

SOURCE = re.compile(r'src="([^"]*_images/([^"/]+))"')
IMG = re.compile(r"<img [^>]*>")
PIXELS = {"": 1, "px": 1, "pt": 4 / 3, "in": 96}
LENGTH = re.compile(r"([\d.]+)(px|pt|in|)")


def mend_pictures(app, exception):
    if exception is not None or app.builder.name != "html":
        return
    folder = app.outdir / "_images"
    lighter = {}
    for png in folder.glob("*.png"):
        if (webp := as_webp(png)) is not None:
            lighter[png.name] = webp.name
            png.unlink()
    sizes = {path.name: size_of(path) for path in folder.iterdir()}
    mend_pages(app, lambda html: mend(html, lighter, sizes))


def as_webp(png):
    """Write a picture again beside itself, each pixel the same; return the new path, None for a moving one."""
    webp = png.with_suffix(".webp")
    with Image.open(png) as image:
        if image.is_animated:
            return None
        image.save(webp, lossless=True, quality=80, method=4, exact=True)
    return webp


def size_of(path):
    """Return `(width, height)` of a picture in pixels of CSS, None where it does not say."""
    if path.suffix == ".svg":
        root = ElementTree.parse(path).getroot()
        lengths = [LENGTH.fullmatch(root.get(name, "")) for name in ("width", "height")]
        if None in lengths:
            return None
        return tuple(round(float(found[1]) * PIXELS[found[2]]) for found in lengths)
    with Image.open(path) as image:
        return image.size


def mend(html, lighter, sizes):
    """Return a page whose pictures have the names in `lighter`, the `sizes`, and come when they are near."""

    def one(found):
        tag = found[0]
        source = SOURCE.search(tag)
        if source is None:
            return tag
        name = lighter.get(source[2], source[2])
        tag = tag.replace(source[1], source[1].removesuffix(source[2]) + name)
        wanted = {"loading": "lazy"}
        if sizes.get(name):
            wanted |= dict(zip(("width", "height"), sizes[name]))
        added = "".join(
            f' {key}="{value}"'
            for key, value in wanted.items()
            if f" {key}=" not in tag
        )
        return f"<img{added}{tag[4:]}"

    html = IMG.sub(one, html)
    # a link round a picture that leads to the picture itself
    return re.sub(
        r'href="([^"]*_images/)([^"/]+)"',
        lambda found: f'href="{found[1]}{lighter.get(found[2], found[2])}"',
        html,
    )


def setup(app):
    app.connect("build-finished", mend_pictures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
