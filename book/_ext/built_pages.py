"""The pages as they were written, for the extensions that mend them after the build."""


def mend_pages(app, mend):
    """Write each page of the built book again for which `mend`, from HTML to HTML, returns another one."""
    for path in app.outdir.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        if (mended := mend(html)) != html:
            path.write_text(mended, encoding="utf-8")
