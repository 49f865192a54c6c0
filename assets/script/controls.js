// What buttons and keys do.

// A phone's own way to share, else the address on the clipboard.
async function share() {
  const over = dialog.open;
  // An album's address is the same in whatever order one looks at it.
  const link = { title: document.title, url: !over && find('[rel="canonical"]', document)?.href || location.href };
  if (navigator.share && matchMedia('(pointer: coarse)').matches) {
    await navigator.share(link).catch(() => {});
    return;
  }
  try {
    await navigator.clipboard.writeText(link.url);
  } catch { // not without HTTPS, or not allowed: the old way
    const field = document.createElement('textarea');
    field.value = link.url;
    (over ? room : document.body).append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
    (over ? dialog : shareAlbum).focus();
  }
  if (over) say(dialog.dataset.copied);
  else shareAlbum.textContent = dialog.dataset.copied;
}

const shareAlbum = find('.share', document);
if (shareAlbum) {
  shareAlbum.hidden = false;
  shareAlbum.addEventListener('click', share);
}

// A dialog itself cannot fill the screen, but what is in it can.
function fullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else room.requestFullscreen?.().catch(() => {});
}

const actions = {
  close: () => close(),
  dismiss: () => { // what is open over the photo first, then the lightbox
    if (slideshowTimer) stopSlideshow();
    else if (!closePanels()) close();
  },
  prev: () => turn('prev'),
  next: () => turn('next'),
  left: () => panBy('x', 1) || turn('prev'),
  right: () => panBy('x', -1) || turn('next'),
  up: () => panBy('y', 1),
  down: () => panBy('y', -1),
  first: () => jump('first'),
  last: () => jump('last'),
  closer: () => zoomBy(1.5),
  farther: () => zoomBy(1 / 1.5),
  whole: () => setZoom(1, 0, 0, true),
  full: fullscreen,
  info: () => togglePanel('about'),
  help: () => togglePanel('help'),
  slideshow: () => (slideshowTimer ? stopSlideshow() : startSlideshow()),
  interval: changeInterval,
  shuffle: toggleShuffle,
  share,
  download: () => {
    if (withheld) return;
    const link = document.createElement('a');
    link.href = originalOf(current().address);
    link.download = '';
    link.click();
  },
};
const keys = {
  Escape: 'dismiss',
  ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', PageUp: 'prev', PageDown: 'next', Home: 'first', End: 'last', ' ': 'next',
  '+': 'closer', '=': 'closer', '-': 'farther', 0: 'whole', f: 'full', i: 'info', s: 'slideshow', d: 'download', '?': 'help',
};

function act(name) {
  if (!/slideshow|dismiss|interval|shuffle|full/.test(name)) stopSlideshow();
  actions[name]?.();
}

dialog.addEventListener('click', (event) => {
  const name = event.target.closest('[data-do]')?.dataset.do;
  if (name) act(name);
});

const plain = (event) => !event.altKey && !event.ctrlKey && !event.metaKey;

document.addEventListener('keydown', (event) => {
  if (!plain(event) || event.isComposing) return;
  if (event.target.matches('input, textarea')) return;
  const name = keys[event.key] ?? keys[event.key.toLowerCase()];
  if (dialog.open) {
    const pressing = event.key === ' ' && event.target.closest('button, a');
    if (!name || pressing || event.target.closest('.panel') && /^(Page|Home|End|ArrowUp|ArrowDown| )/.test(event.key)) return;
    event.preventDefault();
    act(name);
  } else if (single) {
    onPhotoPage(event, name);
  }
});

// A phone's own gesture to dismiss. Browsers heed a "no" but once, and then
// close the dialog themselves.
dialog.addEventListener('cancel', (event) => {
  event.preventDefault();
  if (event.cancelable) act('dismiss');
});
dialog.addEventListener('close', () => current().address && close());

if (!document.fullscreenEnabled) button('full').hidden = true;
