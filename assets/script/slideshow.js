// The slideshow.

let slideshowTimer = 0; // until the next photo; 0 while no slideshow runs
let awake = null; // what keeps the screen on
let queue = null; // addresses still to be shown in a shuffled slideshow

// The page's photos in any order but the one shown last.
function shuffled() {
  const all = figures.map((figure) => attribute('a', 'href', figure));
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all.filter((address) => address !== current().address);
}

// The photo that the slideshow shows next; undefined if that is not known yet.
function upcoming() {
  const { address } = current();
  if (!queue) return neighbour(address, 'next') || neighbour(address, 'next') === '' && known.get(address)?.first;
  if (!queue.length) queue = shuffled();
  return queue[0];
}

function step() {
  schedule();
  // Not before the photo is there.
  if (current().level < PREVIEW && (!current().page || current().page.src)) return;
  const to = upcoming();
  if (to) {
    queue?.shift();
    go(to, 'next');
  } else {
    jump('first');
  }
}

function schedule() {
  clearTimeout(slideshowTimer);
  slideshowTimer = setTimeout(step, dialog.dataset.interval);
}

async function startSlideshow() {
  button('slideshow').ariaPressed = true;
  room.classList.add('playing', 'quiet');
  schedule();
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
  room.classList.remove('playing', 'quiet');
}

// Each press takes the next of these seconds.
function changeInterval() {
  const seconds = { 2: 4, 4: 8, 8: 2 }[dialog.dataset.interval / 1000] ?? 4;
  dialog.dataset.interval = seconds * 1000;
  button('interval').textContent = `${seconds} s`;
  schedule();
}

function toggleShuffle() {
  queue = queue ? null : shuffled();
  button('shuffle').ariaPressed = Boolean(queue);
  fillSides();
}

if (single) button('shuffle').hidden = true; // there is no other photo to choose

// One photo fades into the other, each where it is.
function fade() {
  const [before, now] = slides;
  before.el.style.transform = '';
  before.el.animate({ opacity: [1, 0] }, 600).finished.then(place, () => {});
  now.el.animate({ opacity: [0, 1] }, 600);
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && slideshowTimer) startSlideshow(); // the browser has let the screen's lock go
});
