// Slides: the photo shown, and those before and after it.

let slides = [0, 1, 2].map(() => {
  const slide = { el: document.createElement('div'), address: '' };
  slide.el.className = 'slide';
  track.append(slide.el);
  return slide;
});
const current = () => slides[1];

// The photo's link in the grid, if it is on this page.
const cellOf = (address) => find(`.photo > a[href="${CSS.escape(address)}"]`, document);

// The picture of a photo that is on this page.
const pictureOf = (address) => (single
  ? address === home && document.getElementById('photo')
  : cellOf(address)?.querySelector('img'));

// The address of the photo before or after another; undefined if that is not
// known yet, '' if there is none.
function neighbour(address, rel) {
  if (known.has(address)) return known.get(address)[rel];
  const figure = cellOf(address)?.parentElement;
  const other = rel === 'prev' ? figure?.previousElementSibling : figure?.nextElementSibling;
  return other?.querySelector('a')?.getAttribute('href') ?? undefined;
}

const THUMBNAIL = 1;
const PREVIEW = 2;
const ORIGINAL = 3;

// Puts a picture into a slide, unless a better one is there.
function put(slide, img, level) {
  if (level < slide.level) return;
  slide.level = level;
  img.alt = slide.page?.alt ?? pictureOf(slide.address)?.alt ?? '';
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
  Object.assign(slide, { address, page: null, img: null, level: 0 });
  slide.el.replaceChildren();
  const thumb = pictureOf(address);
  if (!thumb) return;
  const img = new Image();
  img.src = thumb.currentSrc || thumb.src;
  slide.width = Number(thumb.getAttribute('width'));
  slide.height = Number(thumb.getAttribute('height'));
  put(slide, img, THUMBNAIL);
}

// Brings a slide's photo to its preview.
async function present(slide) {
  const { address } = slide;
  const still = () => slide.address === address;
  if (!address || slide.level >= PREVIEW) return;
  const page = await load(address);
  if (!still()) return;
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
    const img = new Image();
    img.src = page.thumb;
    put(slide, img, THUMBNAIL);
  }
  const img = await picture(page.src, still);
  if (!still()) return;
  put(slide, img, page.src === page.original ? ORIGINAL : PREVIEW);
  if (slide === current() && zoom.scale > 1.01) sharpen(); // zoomed before it came
}

// Shows a photo, and then makes its neighbours ready.
async function show(address) {
  const slide = current();
  const still = () => slide === current() && slide.address === address;
  fill(slide, address);
  slide.page = known.get(address) ?? null;
  setZoom(1, 0, 0);
  describe();
  fillSides();
  try {
    // Who leafs quickly asks for the pages where they pause.
    await new Promise((resolve) => { setTimeout(resolve, hurry()); });
    if (!still()) return;
    await present(slide);
  } catch {
    if (still() && !slide.img) notice(slide, dialog.dataset.failed);
    if (still()) say(dialog.dataset.failed);
  }
  if (!still()) return;
  fillSides();
  present(slides[2]).then(() => present(slides[0])).catch(() => {});
}

function fillSides() {
  fill(slides[0], neighbour(current().address, 'prev') ?? '');
  fill(slides[2], neighbour(current().address, 'next') ?? '');
}

let turned = 0;
function hurry() {
  const quick = performance.now() - turned < 250;
  turned = performance.now();
  return quick ? 150 : 0;
}

// Tells about the photo shown: address, title, caption, buttons.
function describe() {
  const { address, page } = current();
  for (const rel of ['prev', 'next']) find(`.turn.${rel}`).disabled = neighbour(address, rel) === '';
  const note = page ? page.note : cellOf(address)?.parentElement.querySelector('figcaption');
  find('.caption').replaceChildren(...note ? document.importNode(note, true).childNodes : []);
  if (!page) return;
  document.title = page.title;
  find('.position').textContent = page.position;
  find('.said').textContent = `${page.position}, ${page.caption || page.alt}`;
  find('.panel.about dl')?.remove();
  if (page.info) find('.panel.about').append(document.importNode(page.info, true));
}

// Turns to the photo before or after; from is how far a finger has moved the
// track already, in pixels.
function turn(rel, from = 0) {
  const { address } = current();
  const to = neighbour(address, rel);
  if (to) {
    // A photo beyond becomes the current one, and the one left behind is kept.
    const [a, b, c] = slides;
    slides = rel === 'next' ? [b, c, a] : [c, a, b];
    slides[0].address === to || slides[2].address === to || fill(current(), to);
    setAddress(to);
    moveTrack(from && from + (rel === 'next' ? 1 : -1) * room.clientWidth);
    place();
    slideBack();
    show(to);
  } else if (to === undefined) {
    load(address).then(() => current().address === address && turn(rel), () => {});
  } else {
    slideBack();
  }
}

function jump(rel) {
  const { address } = current();
  load(address).then((page) => {
    if (!page[rel] || page[rel] === address || current().address !== address) return;
    setAddress(page[rel]);
    show(page[rel]);
  }, () => {});
}

// Sets the slides side by side; only the middle one is there for a reader.
function place() {
  slides.forEach((slide, i) => {
    slide.el.style.transform = `translateX(${(i - 1) * 100}%)`;
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
