// The grid: fading in, streaming, further pages.

// Pictures fade in when they come; what comes at once needs none of that.
setTimeout(() => {
  const come = (img) => img.classList?.add('in');
  for (const img of document.images) if (img.complete || img.naturalWidth) come(img);
  for (const type of ['load', 'error']) document.addEventListener(type, (event) => come(event.target), true);
  root.classList.add('fading');
}, 500);

// Asks again for a thumbnail that has failed, ever more slowly and then once the
// network is back: the server may have been busy.
const tries = new WeakMap(); // img -> how often it was asked for again
async function askAgain(img) {
  const n = tries.get(img) ?? 0;
  tries.set(img, n + 1);
  await wait(n < 6 ? 500 * 2 ** n * (0.75 + Math.random() / 2) : 2 ** 31 - 1);
  img.setAttribute('src', img.getAttribute('src'));
}
document.addEventListener('error', ({ target }) => target.matches?.('main img') && askAgain(target), true);

// Gives a photo whose row has grown so far that its file is too small for it a preview that
// is not. Where there is no choice of files, the album is cold or bytes are to be saved.
function refine(img) {
  const figure = img.closest('.photo');
  if (!img.srcset) return;
  const box = { w: figure.offsetWidth, h: figure.offsetHeight };
  const side = Number(/_thumbs\/(\d+)\//.exec(img.currentSrc)?.[1]) || Math.max(...['width', 'height'].map((name) => img.getAttribute(name)));
  if (Math.max(box.w, box.h) * devicePixelRatio / 1.1 <= side) return;
  const page = pickCell(figure, 0, { ...gridData(), ...dialog.dataset });
  if (Math.max(page.width, page.height) <= side) return;
  const src = pickSharp(page, attribute('a', 'href', figure), box, devicePixelRatio, dialog.dataset.previews, withheld);
  if (img.srcset !== src) img.srcset = src;
}
const grown = new ResizeObserver((entries) => { for (const { target } of entries) refine(target); });
document.addEventListener('load', ({ target }) => target.matches?.('.photo img') && grown.observe(target), true);

// Shows the photos when all of the page is there. While it streams in, shows
// each row once it is complete, and how many photos there are of how many.
function followStream() {
  const photos = document.getElementsByClassName('photo');
  const progress = find('.progress', document);
  let placed = 0;
  let due = false;
  // All positions are read before anything is written: in turn, each would
  // have the page laid out anew.
  const look = () => {
    due = false;
    const bottom = photos[photos.length - 1]?.offsetTop;
    const complete = [];
    while (photos[placed]?.offsetTop < bottom) complete.push(photos[placed++]);
    for (const photo of complete) photo.classList.add('placed');
    if (photos.length === Number(progress.ariaValueNow)) return;
    const total = Number(progress.ariaValueMax);
    progress.ariaValueNow = photos.length;
    progress.style.setProperty('--done', photos.length / total);
    find('span', progress).textContent = progress.dataset.text.replace('%s', photos.length).replace('%s', total);
  };
  const observer = new MutationObserver(() => {
    if (!due) requestAnimationFrame(look);
    due = true;
  });
  root.classList.add('streaming');
  if (progress) observer.observe(document.body, { childList: true, subtree: true });
  document.addEventListener('DOMContentLoaded', () => {
    observer.disconnect();
    root.classList.remove('streaming');
    count();
    if (!progress || performance.now() < 1000) goBack();
    followPages();
  });
}

// Who comes from a photo's own page finds that photo.
function goBack() {
  if (scrollY || document.activeElement !== document.body || performance.getEntriesByType('navigation')[0]?.type !== 'navigate') return;
  const cell = cellOf(document.referrer.replace(location.origin, ''));
  cell?.scrollIntoView({ block: 'center' });
  cell?.focus({ preventScroll: true });
}

// Loads further pages as the reader nears the end, and keeps the address in
// step with the page that is in view.
function followPages() {
  const grid = find('.grid', document);
  const link = find('.pages:not(.more) a[rel="next"]', document);
  if (!grid || !link) return;
  const starts = [{ figure: find('.photo', grid), address: home }]; // each page's first photo
  let busy = false;
  const more = async () => {
    if (busy) return;
    busy = true;
    link.ariaBusy = true;
    const address = link.getAttribute('href');
    const page = await read(address, () => true).catch(() => null);
    link.ariaBusy = null;
    if (!page) return; // the link remains
    const others = page.querySelectorAll('.grid > *');
    starts.push({ figure: find('.photo', page), address });
    grid.append(...others);
    count();
    takeOutSoon();
    const next = find('.pages a[rel="next"]', page)?.getAttribute('href');
    if (next) link.href = next;
    else {
      near.disconnect();
      link.remove();
    }
    busy = false;
    if (next) { // look again, if the end is still near
      near.unobserve(link);
      near.observe(link);
    }
  };
  const near = new IntersectionObserver(([entry]) => entry.isIntersecting && more(), { rootMargin: '0px 0px 2000px' });
  near.observe(link);
  addEventListener('scroll', () => {
    if (dialog.open || history.state?.photo) return;
    const at = starts.findLast((start, i) => !i || inPage(start.figure).getBoundingClientRect().top < innerHeight / 2);
    if (here() !== at.address) history.replaceState(null, '', at.address);
  }, { passive: true });
}

// Shows what is found as one types.
const words = find('.search input', document);
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || !plain(event) || !words || dialog.open || event.target.matches('input, textarea')) return;
  event.preventDefault();
  words.select();
});
let typing = 0; // timer
if (document.body.classList.contains('found')) words?.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(async () => {
    const address = `${words.form.getAttribute('action')}?${new URLSearchParams(new FormData(words.form))}`;
    const sought = words.value;
    const page = await read(address, () => false).catch(() => null);
    if (!page || words.value !== sought) return;
    for (const part of ['main', '.counts']) find(part, document).replaceWith(find(part, page));
    find('.more', document)?.remove();
    document.body.append(find('.more', page) ?? '');
    history.replaceState(null, '', address);
    count();
  }, 250);
});

if (!single) followStream();
