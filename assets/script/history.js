// Opening and closing: address, Back button, focus.

const albumTitle = document.title;

let waiting = null; // a change that morph is about to make

// Makes a change in which one picture becomes another, where that can be
// shown as one motion. The browser takes a while to prepare it, so it first
// shows what the press itself has changed.
function morph(from, change, into) {
  if (!document.startViewTransition || !from || calm.matches) {
    change();
    return;
  }
  const name = (img, text) => { if (img) img.style.viewTransitionName = text; };
  const start = () => {
    if (waiting !== start) return;
    waiting = null;
    name(from, 'photo');
    const transition = document.startViewTransition(() => {
      name(from, '');
      change();
      name(into(), 'photo');
    });
    transition.ready.catch(() => {});
    transition.finished.finally(() => name(into(), ''));
  };
  waiting = start;
  if (document.hidden) start();
  else requestAnimationFrame(() => { setTimeout(start); });
}

// The focus goes to the dialog itself, not to a button: when Enter opened it,
// the rest of that very key press would press the button.
function openDialog(address) {
  const change = () => {
    if (!dialog.open) dialog.showModal();
    dialog.focus();
    place();
    moveTrack(0);
    room.classList.remove('quiet');
    for (const slide of slides) fill(slide, '');
    show(address);
  };
  if (dialog.open) show(address);
  else morph(pictureOf(address), change, () => current().img);
}

function open(address) {
  history.pushState({ photo: address, over: single }, '', address);
  openDialog(address);
}

const setAddress = (address) => history.replaceState({ photo: address, over: single }, '', address);

// Takes the lightbox away; the focus goes to the photo last seen.
function hide() {
  stopSlideshow();
  closePanels();
  if (document.fullscreenElement) document.exitFullscreen();
  const cell = single ? document.getElementById('photo')?.parentElement : cellOf(current().address);
  const thumb = pictureOf(current().address);
  document.title = albumTitle;
  morph(current().img, () => {
    dialog.close();
    moveTrack(0);
    for (const slide of slides) fill(slide, '');
    if (cell && !single) putBack(inPage(cell.parentElement));
    cell?.scrollIntoView({ block: 'nearest' });
    cell?.focus({ preventScroll: true });
  }, () => thumb);
}

// The history has an entry for the open lightbox: Back closes it, Forward
// opens it again, and closing it by other means goes back; but where the
// photo last seen is not on this page, to the page that it is on.
function close() {
  const { address, page } = current();
  if (single && address !== home) location.reload();
  else if (!single && !cellOf(address) && page) location.replace(page.up);
  else history.back();
}

// On a photo's own page, an entry is the lightbox's if it was opened there.
// Others are those of before a reload, whose page is another.
addEventListener('popstate', (event) => {
  const address = event.state?.photo;
  if (single ? event.state?.over : address) openDialog(address);
  else if (single && here() !== home) location.reload();
  else if (current().address) hide();
  else waiting = null; // it was still to open
});
if (single) history.replaceState({ photo: home }, '');

const unmodified = (event) => !event.button && plain(event) && !event.shiftKey;

document.addEventListener('click', (event) => {
  const link = event.target.closest('.photo > a');
  if (!link || !unmodified(event)) return;
  event.preventDefault();
  open(link.getAttribute('href'));
});
