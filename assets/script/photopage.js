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
    known.set(home, pick(document));
    pages.set(home, Promise.resolve(known.get(home)));
  }
  open(home, then);
}

function startPhotoPage() {
  const photo = document.getElementById('photo');
  if (!photo) return;
  photo.tabIndex = -1;
  photo.addEventListener('click', (event) => { if (unmodified(event)) openSingle(); });
  let from = null;
  photo.addEventListener('touchstart', (event) => {
    from = event.touches.length === 1 && visualViewport.scale < 1.01 ? event.touches[0] : null;
  }, { passive: true });
  photo.addEventListener('touchend', (event) => {
    const to = event.changedTouches[0];
    const dx = from ? to.clientX - from.clientX : 0;
    if (Math.abs(dx) < 60 || Math.abs(dx) < 2 * Math.abs(to.clientY - from.clientY)) return;
    find(`a[rel="${dx < 0 ? 'next' : 'prev'}"]`, document)?.click();
  }, { passive: true });
}

if (single) startPhotoPage();
