// The slideshow.

let show4 = 0; // the slideshow's timer
let awake = null; // what keeps the screen on

async function startSlideshow() {
  button('slideshow').ariaPressed = true;
  room.classList.add('quiet');
  const step = () => {
    // Not before the photo is there.
    if (current().level >= PREVIEW || current().page && !current().page.src) {
      if (neighbour(current().address, 'next')) turn('next');
      else jump('first');
    }
    show4 = setTimeout(step, dialog.dataset.interval);
  };
  clearTimeout(show4);
  show4 = setTimeout(step, dialog.dataset.interval);
  const lock = await navigator.wakeLock?.request('screen').catch(() => null);
  if (show4) awake = lock;
  else lock?.release();
}

function stopSlideshow() {
  if (!show4) return;
  clearTimeout(show4);
  show4 = 0;
  awake?.release();
  awake = null;
  button('slideshow').ariaPressed = false;
  room.classList.remove('quiet');
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && show4) startSlideshow(); // the browser has let the screen's lock go
});
