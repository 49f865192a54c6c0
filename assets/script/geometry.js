// Geometry: where a photo is in the room. Lengths are CSS pixels; places are those
// of the photo's middle, from the middle of the room.

const clamp = (value, limit) => Math.max(-limit, Math.min(limit, value));

// The box of a photo that fits the room, enlarged at most so many times.
function fitted(photo, area, enlarge) {
  const scale = Math.min(area.w / photo.w, area.h / photo.h, enlarge);
  return { w: photo.w * scale, h: photo.h * scale };
}

// How far a scaled photo may be from the middle, each way, without baring the room.
const limits = (box, area, scale) => ({
  x: Math.max(0, (box.w * scale - area.w) / 2),
  y: Math.max(0, (box.h * scale - area.h) / 2),
});

// Whether a photo so far from the middle cannot be moved any further, to the left
// or up (-1), or to the right or down (1).
const atEdge = (off, limit, way) => off * way >= limit - 1;

// The greatest scale: two device pixels for each pixel of a photo so many pixels
// wide, or thrice the fit.
const greatest = (box, width, ratio) => Math.max(3, 2 * width / box.w / ratio);

// The place of a photo at another scale, such that what was at one point of the
// room is at another.
function placeAt(was, scale, from, to = from) {
  const k = scale / was.scale;
  return { x: to.x - (from.x - was.x) * k, y: to.y - (from.y - was.y) * k };
}
