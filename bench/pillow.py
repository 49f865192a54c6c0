"""Thumbnails by Pillow: a worker that reads a line of JSON for each photo and
writes one with what it took, times in nanoseconds."""

import json
import os
import sys
import time

from PIL import Image, ImageOps

QUALITY = int(sys.argv[1])


def reduce(path, side):
    image = Image.open(path)
    # This also sets draft mode: the decoder of JPEG reduces as far as twice the
    # size is left.
    if image.mode == "P":
        image = image.convert("RGB")
    image.thumbnail((side, side), Image.LANCZOS)
    image = ImageOps.exif_transpose(image)
    return image if image.mode in ("RGB", "L") else image.convert("RGB")


def answer(order):
    cpu = time.process_time_ns()
    image = reduce(order["photo"], order["side"])
    if order["picture"]:
        image.save(order["out"], "PNG", compress_level=1)
    else:
        image.save(order["out"], "JPEG", quality=QUALITY)
    return {"cpu": time.process_time_ns() - cpu, "bytes": os.path.getsize(order["out"])}


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), flush=True)
