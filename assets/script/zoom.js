// Zoom: the scale and place of the photo shown.

let zoom = { scale: 1, x: 0, y: 0 }; // of the photo shown, from its fitted place, in CSS pixels

// Sizes a slide's picture to the room; small ones are not enlarged.
function fit(slide) {
  const { img, width, height } = slide;
  const w = width || img.naturalWidth;
  const h = height || img.naturalHeight;
  const enlarge = slide.page ? 1 : Infinity;
  const scale = Math.min(room.clientWidth / w, room.clientHeight / h, enlarge);
  slide.box = { w: w * scale, h: h * scale };
  Object.assign(img.style, { width: `${w * scale}px`, height: `${h * scale}px` });
  transform(slide);
}

function transform(slide) {
  const { scale, x, y } = slide === current() ? zoom : { scale: 1, x: 0, y: 0 };
  if (slide.img) slide.img.style.transform = `translate(-50%, -50%) translate(${x}px, ${y}px) scale(${scale})`;
}

// How far the zoomed photo may be moved from the middle, each way.
function bounds(scale) {
  const { w, h } = current().box ?? { w: 0, h: 0 };
  return { x: Math.max(0, (w * scale - room.clientWidth) / 2), y: Math.max(0, (h * scale - room.clientHeight) / 2) };
}

// At most two device pixels for each pixel of the original, or thrice the fit.
function maxScale() {
  const { box, width } = current();
  return Math.max(3, box ? 2 * width / box.w / devicePixelRatio : 1);
}

function setZoom(scale, x, y, moving = false) {
  const was = zoom.scale;
  zoom = { scale, x, y };
  track.classList.toggle('moving', moving);
  transform(current());
  room.classList.toggle('zoomed', scale > 1.01);
  if (scale > was) sharpen();
}

const clamp = (value, limit) => Math.max(-limit, Math.min(limit, value));

function settle(moving = true) {
  const scale = Math.max(1, Math.min(zoom.scale, maxScale()));
  const limit = bounds(scale);
  setZoom(scale, clamp(zoom.x, limit.x), clamp(zoom.y, limit.y), moving);
}

// Zooms so that what is under a point of the window stays there.
function zoomAt(scale, px, py, moving) {
  scale = Math.max(1, Math.min(scale, maxScale()));
  const dx = px - room.clientWidth / 2;
  const dy = py - room.clientHeight / 2;
  const k = scale / zoom.scale;
  const limit = bounds(scale);
  setZoom(scale, clamp(dx - (dx - zoom.x) * k, limit.x), clamp(dy - (dy - zoom.y) * k, limit.y), moving);
}

const zoomBy = (factor) => zoomAt(zoom.scale * factor, room.clientWidth / 2, room.clientHeight / 2, true);

function toggleZoom(px, py) {
  const { box, width } = current();
  if (zoom.scale > 1.01) setZoom(1, 0, 0, true);
  else zoomAt(box ? Math.max(2, width / box.w / devicePixelRatio) : 1, px, py, true);
}

// Loads the original, once the preview has fewer pixels than are shown.
async function sharpen() {
  const slide = current();
  const { address, page, img, box } = slide;
  if (slide.level !== PREVIEW || !page.original || slide.sharpening === address) return;
  if (box.w * zoom.scale * devicePixelRatio <= img.naturalWidth * 1.05) return;
  slide.sharpening = address;
  const still = () => slide === current() && slide.address === address;
  const original = await picture(page.original, still).catch(() => null);
  slide.sharpening = '';
  if (original && still()) put(slide, original, ORIGINAL);
}
