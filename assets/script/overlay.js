// What lies over the photo: messages, buttons, panels.

let toastTimer;
function say(text, ms = 2500) {
  clearTimeout(toastTimer);
  find('.toast').textContent = text;
  toastTimer = setTimeout(() => { find('.toast').textContent = ''; }, ms);
}

const button = (name) => find(`[data-do="${name}"]`);

let opener = null; // what had the focus before a panel took it

function togglePanel(name) {
  const panel = find(`.panel.${name}`);
  const opening = panel.hidden;
  closePanels();
  if (!opening) return;
  opener = document.activeElement;
  panel.hidden = false;
  button(name === 'about' ? 'info' : name).ariaExpanded = true;
  panel.focus();
  inform();
}

// Closes what is open over the photo, and says whether anything was.
function closePanels() {
  const panel = find('.panel:not([hidden])');
  if (!panel) return false;
  const focused = panel.contains(document.activeElement);
  panel.hidden = true;
  for (const b of dialog.querySelectorAll('[aria-expanded]')) b.ariaExpanded = false;
  if (focused) opener.focus();
  return true;
}

// What lies over the photo goes while a mouse rests, in fullscreen and in a
// slideshow, and comes back when it moves.
let rest;
room.addEventListener('pointermove', (event) => {
  if (event.pointerType !== 'mouse' || !event.movementX && !event.movementY) return;
  room.classList.remove('quiet');
  clearTimeout(rest);
  rest = setTimeout(() => (document.fullscreenElement || slideshowTimer) && room.classList.add('quiet'), 3000);
});
