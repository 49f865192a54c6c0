// The slideshow.

let slideshowTimer = 0; // until the next photo; 0 while no slideshow runs
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
    slideshowTimer = setTimeout(step, dialog.dataset.interval);
  };
  clearTimeout(slideshowTimer);
  slideshowTimer = setTimeout(step, dialog.dataset.interval);
  const lock = await navigator.wakeLock?.request('screen').catch(() => null);
  if (slideshowTimer) awake = lock;
  else lock?.release();
}

function stopSlideshow() {
  if (!slideshowTimer) return;
  clearTimeout(slideshowTimer);
  slideshowTimer = 0;
  awake?.release();
  awake = null;
  button('slideshow').ariaPressed = false;
  room.classList.remove('quiet');
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && slideshowTimer) startSlideshow(); // the browser has let the screen's lock go
});
