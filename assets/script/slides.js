// Slides: the photo shown, and those before and after it.

let slides = [0, 1, 2].map(() => {
  const slide = { el: document.createElement('div'), address: '' };
  slide.el.className = 'slide';
  track.append(slide.el);
  return slide;
});
const current = () => slides[1];

// The picture of a photo that is on this page.
const pictureOf = (address) => (single
  ? address === home && document.getElementById('photo')
  : cellOf(address)?.querySelector('img'));

const siteName = find('.crumbs :is(a, span)', document).textContent;

// What is known of a photo: its page if that has come, else what its cell says;
// null for one whose cell is on another page.
function glance(address) {
  if (known.has(address)) return known.get(address);
  const i = indexOf(address);
  return i < 0 ? null : pickCell(figures[i], i, { ...gridData(), ...dialog.dataset, site: siteName });
}

const gridData = () => find('.grid', document).dataset;

// The address of the photo before or after another; undefined if that is not
// known yet, '' if there is none.
function neighbour(address, rel) {
  const i = indexOf(address);
  const other = i < 0 ? null : figures[rel === 'prev' ? i - 1 : i + 1];
  if (other) return attribute('a', 'href', other);
  if (i >= 0 && gridData().closed !== undefined) return ''; // photos of many albums
  if (known.has(address)) return known.get(address)[rel];
  if (i < 0) return undefined;
  return glance(address)[rel === 'prev' ? 'begins' : 'ends'] ? '' : undefined;
}

const THUMBNAIL = 1;
const PREVIEW = 2;
const ORIGINAL = 3;

// Puts a picture into a slide, unless a better one is there.
function put(slide, img, level) {
  if (level < slide.level) return;
  slide.level = level;
  img.alt = slide.page?.alt ?? '';
  img.draggable = false;
  slide.img = img;
  slide.el.replaceChildren(img);
  fit(slide);
}

function notice(slide, text) {
  const p = document.createElement('p');
  p.className = 'notice';
  p.textContent = text;
  slide.el.replaceChildren(p);
}

// Gives a slide another photo; its thumbnail shows at once.
function fill(slide, address) {
  if (slide.address === address) return;
  Object.assign(slide, { address, page: address && glance(address), img: null, level: 0 });
  slide.el.replaceChildren();
  const thumb = pictureOf(address);
  if (thumb) lay(slide, thumb.currentSrc || thumb.src, thumb);
}

// Puts a thumbnail into a slide. Until the photo's own size is known, the
// thumbnail's tells its proportions.
function lay(slide, src, { width, height }) {
  const img = new Image();
  img.src = src;
  Object.assign(slide, { width: slide.page?.width || Number(width), height: slide.page?.height || Number(height) });
  put(slide, img, THUMBNAIL);
}

// Brings a slide's photo to its preview.
async function present(slide) {
  const { address } = slide;
  const still = () => slide.address === address;
  if (!address || slide.level >= PREVIEW) return;
  const page = glance(address) ?? await load(address);
  if (!still()) return;
  try {
    await bring(slide, page, still);
  } catch (error) {
    if (known.has(address) || !still()) throw error;
    // There is no such picture, which the grid cannot know. The page does.
    const better = await load(address);
    if (still()) await bring(slide, better, still);
  }
  if (page.more && !known.has(address)) await load(address);
  if (slide !== current() || !still()) return;
  slide.page = glance(address);
  describe();
}

// Brings it as far as a page of it says.
async function bring(slide, page, still) {
  slide.page = page;
  if (slide === current()) describe();
  if (!page.src) {
    notice(slide, dialog.dataset.unshown);
    return;
  }
  Object.assign(slide, { width: page.width, height: page.height });
  if (slide.img) {
    fit(slide);
    if (slide === current() && zoom.scale > 1.01) settle(false);
  } else if (page.thumb) {
    lay(slide, page.thumb, page);
  }
  const src = sharpest(page, slide.address);
  const img = await picture(src, still, slide === current() ? 'high' : 'low');
  if (!still()) return;
  put(slide, img, src === originalOf(slide.address) ? ORIGINAL : PREVIEW);
  if (slide === current() && zoom.scale > 1.01) sharpen(); // zoomed before it came
}

// The address of a photo's picture that is sharp in the room; of the smallest preview for who
// saves data.
const sharpest = (page, address, scale = 1) => (navigator.connection?.saveData ? page.src
  : pickSharp(page, address, fitted({ w: page.width, h: page.height }, space(), 1), devicePixelRatio * scale, dialog.dataset.previews, withheld));

// Shows a photo, and then makes its neighbours ready.
async function show(address) {
  const slide = current();
  const still = () => slide === current() && slide.address === address;
  fill(slide, address);
  slide.page = glance(address);
  setZoom(1, 0, 0);
  describe();
  fillSides();
  try {
    // Who leafs quickly asks for the pictures where they pause.
    await new Promise((resolve) => { setTimeout(resolve, hurry()); });
    if (!still()) return;
    await present(slide);
  } catch {
    if (still() && !slide.img) notice(slide, dialog.dataset.failed);
    if (still()) say(dialog.dataset.failed);
  }
  if (!still()) return;
  fillSides();
  inform();
  present(slides[2]).then(() => present(slides[0])).catch(() => {});
}

function fillSides() {
  fill(slides[0], neighbour(current().address, 'prev') ?? '');
  fill(slides[2], (queue && slideshowTimer ? upcoming() : neighbour(current().address, 'next')) ?? '');
}

let turned = 0;
function hurry() {
  const quick = performance.now() - turned < 250;
  turned = performance.now();
  return quick ? 150 : 0;
}

// Tells about the photo shown: number, title, caption, buttons. What is not known
// yet is left empty.
function describe() {
  const { address, page } = current();
  for (const rel of ['prev', 'next']) find(`.turn.${rel}`).disabled = neighbour(address, rel) === '';
  find('.text').replaceChildren(...page?.note ? document.importNode(page.note, true).childNodes : []);
  fold();
  document.title = page?.title ?? albumTitle;
  find('.position').textContent = page?.position ?? '';
  find('.said').textContent = page ? `${page.position}, ${page.note?.textContent.trim() || page.alt}` : '';
  if (informed !== address) find('.panel.about dl')?.remove();
}

// A caption of more than three lines is folded; the focus, or a press, unfolds it.
function fold() {
  const text = find('.text');
  if (document.activeElement === text) dialog.focus();
  if (text.scrollHeight > text.clientHeight + 1) text.tabIndex = 0;
  else text.removeAttribute('tabindex');
}

let informed = ''; // the photo whose information is in the panel

// Fills in the information while it is open. It comes after the picture, since
// the photo's page has to be asked for it.
async function inform() {
  const { address } = current();
  const panel = find('.panel.about');
  if (panel.hidden || informed === address && find('dl', panel)) return;
  const page = await load(address).catch(() => null);
  if (panel.hidden || current().address !== address || !page?.info) return;
  find('dl', panel)?.remove();
  informed = address;
  panel.append(document.importNode(page.info, true));
}

// Turns to the photo before or after; from is how far a finger has moved the
// track already, in pixels.
function turn(rel, from = 0) {
  const { address } = current();
  const to = neighbour(address, rel);
  if (to) go(to, rel, from);
  else if (to === undefined) load(address).then(() => current().address === address && turn(rel), () => {});
  else slideBack();
}

// Makes a photo the current one that is, or is to be, on one side of it, and keeps
// the one left behind.
function go(to, rel, from = 0) {
  const [a, b, c] = slides;
  slides = rel === 'next' ? [b, c, a] : [c, a, b];
  fill(current(), to);
  setAddress(to);
  place();
  if (slideshowTimer && !calm.matches) {
    fade();
  } else {
    moveTrack(from && from + (rel === 'next' ? 1 : -1) * (room.clientWidth + GAP));
    slideBack();
  }
  show(to);
}

function jump(rel) {
  const { address } = current();
  load(address).then((page) => {
    if (!page[rel] || page[rel] === address || current().address !== address) return;
    setAddress(page[rel]);
    show(page[rel]);
  }, () => {});
}

const GAP = 24; // between slides, CSS pixels

// Sets the slides side by side; only the middle one is there for a reader.
function place() {
  slides.forEach((slide, i) => {
    slide.el.style.transform = `translateX(calc(${(i - 1) * 100}% + ${(i - 1) * GAP}px))`;
    slide.el.ariaHidden = i !== 1;
  });
}

function moveTrack(x, y = 0) {
  track.classList.remove('moving');
  track.style.transform = x || y ? `translate(${x}px, ${y}px) scale(${1 - Math.min(Math.abs(y) / 2000, 0.2)})` : '';
  dialog.style.setProperty('--dim', 1 - Math.min(Math.abs(y) / room.clientHeight, 0.8));
}

function slideBack() {
  track.getBoundingClientRect(); // from where it is now
  track.classList.add('moving');
  track.style.transform = '';
  dialog.style.setProperty('--dim', 1);
}
