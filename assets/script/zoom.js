// Zoom: the scale and place of the photo shown.

let zoom = { scale: 1, x: 0, y: 0 }; // of the photo shown, from its fitted place, in CSS pixels

const space = () => ({ w: room.clientWidth, h: room.clientHeight });

// A point of the window as one of the room, from its middle.
const inRoom = ({ x, y }) => ({ x: x - room.clientWidth / 2, y: y - room.clientHeight / 2 });

// Sizes a slide's picture to the room; small ones are not enlarged.
function fit(slide) {
  const { img, width, height } = slide;
  const photo = { w: width || img.naturalWidth, h: height || img.naturalHeight };
  slide.box = fitted(photo, space(), slide.page ? 1 : Infinity);
  Object.assign(img.style, { width: `${slide.box.w}px`, height: `${slide.box.h}px` });
  transform(slide);
}

function transform(slide) {
  const { scale, x, y } = slide === current() ? zoom : { scale: 1, x: 0, y: 0 };
  if (slide.img) slide.img.style.transform = `translate(-50%, -50%) translate(${x}px, ${y}px) scale(${scale})`;
}

const bounds = (scale) => limits(current().box ?? { w: 0, h: 0 }, space(), scale);

function maxScale() {
  const { box, width } = current();
  return box ? greatest(box, width, devicePixelRatio) : 3;
}

function setZoom(scale, x, y, moving = false) {
  const was = zoom.scale;
  zoom = { scale, x, y };
  track.classList.toggle('moving', moving);
  transform(current());
  room.classList.toggle('zoomed', scale > 1.01);
  if (scale > was) sharpen();
}

function settle(moving = true) {
  const scale = Math.max(1, Math.min(zoom.scale, maxScale()));
  const limit = bounds(scale);
  setZoom(scale, clamp(zoom.x, limit.x), clamp(zoom.y, limit.y), moving);
}

// Zooms so that what is under a point of the window stays there.
function zoomAt(asked, point, moving) {
  const scale = Math.max(1, Math.min(asked, maxScale()));
  const limit = bounds(scale);
  const to = placeAt(zoom, scale, inRoom(point));
  setZoom(scale, clamp(to.x, limit.x), clamp(to.y, limit.y), moving);
}

const zoomBy = (factor) => zoomAt(zoom.scale * factor, { x: room.clientWidth / 2, y: room.clientHeight / 2 }, true);

// Moves a zoomed photo a third of the room on, and says whether it could.
function panBy(axis, way) {
  const limit = bounds(zoom.scale)[axis];
  if (zoom.scale <= 1.01 || atEdge(zoom[axis], limit, way)) return false;
  const third = way * room[axis === 'x' ? 'clientWidth' : 'clientHeight'] / 3;
  const to = { ...zoom, [axis]: clamp(zoom[axis] + third, limit) };
  setZoom(zoom.scale, to.x, to.y, true);
  return true;
}

function toggleZoom(point) {
  const { box, width } = current();
  if (zoom.scale > 1.01) setZoom(1, 0, 0, true);
  else zoomAt(box ? Math.max(2, width / box.w / devicePixelRatio) : 1, point, true);
}

// Loads what has more pixels once the preview has fewer than are shown: in a room that has
// grown a larger preview, of a zoomed photo the original unless that is withheld.
async function sharpen() {
  const slide = current();
  const address = slide.address;
  if (slide.level !== PREVIEW || slide.sharpening === address) return;
  if (slide.box.w * zoom.scale * devicePixelRatio <= slide.img.naturalWidth * 1.05) return;
  const src = zoom.scale > 1.01 && !withheld ? originalOf(address) : sharpest(slide.page, address, zoom.scale);
  if (slide.img.src.endsWith(src)) return;
  slide.sharpening = address;
  const still = () => slide === current() && slide.address === address;
  const img = await picture(src, still, 'high').catch(() => null);
  slide.sharpening = '';
  if (img && still()) put(slide, img, src === originalOf(address) ? ORIGINAL : PREVIEW);
}
