"""A gallery in Flask and Pillow, as small ones are written.

A folder below GALLERY_ROOT is an album. Its page makes whatever thumbnails are
missing, one after the other, and then answers. Thumbnails are JPEG files of
quality 82, at most 400 pixels long, in _thumbs beside the photos; they are made
anew when the photo is newer.
"""

import os
from urllib.parse import quote

from flask import Flask, abort, redirect, send_file
from PIL import Image, ImageOps
from werkzeug.security import safe_join

ROOT = os.path.realpath(os.environ["GALLERY_ROOT"])
THUMBS = "_thumbs"
EXTENSIONS = (".jpg", ".jpeg", ".png", ".gif", ".webp")
SIDE, QUALITY = 400, 82

app = Flask(__name__)
app.jinja_env.filters["address"] = quote
page = app.jinja_env.from_string(
    """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{ title }}</title>
<style>main{display:flex;flex-wrap:wrap;gap:.5em}figure{margin:0}img{height:12em}</style></head>
<body><h1>{{ title }}</h1>
<main>
{% for name in albums %}<p><a href="{{ name|address }}/">{{ name }}</a></p>
{% endfor %}{% for name in photos %}<figure><a href="{{ name|address }}"><img src="_thumbs/{{ name|address }}" alt="{{ name }}" loading="lazy"></a></figure>
{% endfor %}</main></body></html>
"""
)


def inside(*names):
    """Returns the path of what a request names, below ROOT and shown."""
    path = safe_join(ROOT, *names)
    if path is None or "/." in path[len(ROOT) :]:
        abort(404)
    return path


def is_photo(name):
    return name.lower().endswith(EXTENSIONS) and not name.startswith(".")


def modified(folder):
    """Returns the time of modification of every file in a folder."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat().st_mtime_ns for entry in entries if entry.is_file()}
    except FileNotFoundError:
        return {}


def make_thumb(photo, thumb):
    with Image.open(photo) as image:
        # This decodes at a reduced size, too, by draft mode.
        image.thumbnail((SIDE, SIDE), Image.LANCZOS)
        image = ImageOps.exif_transpose(image).convert("RGB")
    os.makedirs(os.path.dirname(thumb), exist_ok=True)
    part = f"{thumb}.{os.getpid()}"
    image.save(part, "JPEG", quality=QUALITY)
    os.replace(part, thumb)


@app.get("/")
@app.get("/<path:album>/")
def show_album(album=""):
    folder = inside(album)
    if not os.path.isdir(folder):
        abort(404)
    files = modified(folder)
    photos = sorted(filter(is_photo, files))
    thumbs = modified(os.path.join(folder, THUMBS))
    for name in photos:
        if thumbs.get(name, -1) < files[name]:
            make_thumb(os.path.join(folder, name), os.path.join(folder, THUMBS, name))
    with os.scandir(folder) as entries:
        albums = sorted(e.name for e in entries if e.is_dir() and e.name != THUMBS and not e.name.startswith("."))
    return page.render(title=album or "Gallery", albums=albums, photos=photos)


@app.get("/<path:album>/_thumbs/<name>")
def show_thumb(album, name):
    photo, thumb = inside(album, name), inside(album, THUMBS, name)
    if not is_photo(name) or not os.path.isfile(photo):
        abort(404)
    if not os.path.isfile(thumb) or os.stat(thumb).st_mtime_ns < os.stat(photo).st_mtime_ns:
        make_thumb(photo, thumb)
    return send_file(thumb, mimetype="image/jpeg", conditional=True, max_age=3600)


@app.get("/<path:name>")
def show_photo(name):
    path = inside(name)
    if os.path.isdir(path):
        return redirect("/" + quote(name) + "/")
    if not is_photo(os.path.basename(path)) or not os.path.isfile(path):
        abort(404)
    return send_file(path, conditional=True)
