// A photo's own page.

// The keys do here what they do in the lightbox; what takes the lightbox
// opens it.
function onPhotoPage(event, name) {
  const scrolls = event.key === ' ' || /^(Home|End|Page)/.test(event.key) && root.scrollHeight > innerHeight;
  if (scrolls) return;
  const rel = name === 'dismiss' ? 'up' : name;
  const link = find(name === 'download' ? 'a.download' : `[rel="${rel}"]`, root);
  if (link) {
    event.preventDefault();
    if (link.matches('a')) link.click();
    else location.assign(link.href);
  } else if (name && !/^(prev|next|close)$/.test(name) && document.getElementById('photo')) {
    event.preventDefault();
    openSingle(() => act(name));
  }
}

function openSingle(then) {
  if (!known.has(home)) {
    known.set(home, pickPage(document));
    pages.set(home, Promise.resolve(known.get(home)));
  }
  open(home, then);
}

function startPhotoPage() {
  const photo = document.getElementById('photo');
  if (!photo) return;
  photo.tabIndex = -1;
  photo.addEventListener('click', (event) => { if (unmodified(event)) openSingle(); });
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
