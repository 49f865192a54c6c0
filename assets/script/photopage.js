// A photo's own page.

// The keys that lead to other pages do here what they do in the lightbox. Letters
// and signs act only within it (WCAG 2.2, 2.1.4).
const leads = { left: 'prev', right: 'next', prev: 'prev', next: 'next', first: 'first', last: 'last', dismiss: 'up' };
function onPhotoPage(event, name) {
  if (event.key === ' ' || /^(Home|End|Page)/.test(event.key) && root.scrollHeight > innerHeight) return; // they scroll
  const link = name in leads && find(`[rel="${leads[name]}"]`, root);
  if (!link) return;
  event.preventDefault();
  if (link.matches('a')) link.click();
  else location.assign(link.href);
}

function openSingle() {
  if (!known.has(home)) {
    known.set(home, pickPage(document));
    pages.set(home, Promise.resolve(known.get(home)));
  }
  open(home);
}

function startPhotoPage() {
  const photo = document.getElementById('photo');
  if (!photo) return;
  photo.parentElement.addEventListener('click', (event) => {
    if (!unmodified(event)) return;
    event.preventDefault();
    openSingle();
  });
  // The lightbox's swipe, where the page is not magnified. Once the browser
  // scrolls, it cancels the pointer.
  let path = null;
  photo.addEventListener('pointerdown', (event) => {
    const finger = event.isPrimary && event.pointerType !== 'mouse';
    path = finger && visualViewport.scale < 1.01 ? startPath(event) : null;
  });
  photo.addEventListener('pointermove', (event) => path && follow(path, event));
  photo.addEventListener('pointercancel', () => { path = null; });
  photo.addEventListener('pointerup', (event) => {
    const rel = path && swiped(path, event.timeStamp, innerWidth);
    path = null;
    if (rel) find(`a[rel="${rel}"]`, root)?.click();
  });
}

if (single) startPhotoPage();
