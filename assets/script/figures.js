// The grid's figures, one a photo. Those far from what is seen are taken out of the
// page, with a spacer in their place: to lay out thousands takes too long.

const FAR = 5000; // CSS pixels from the window, where figures are taken out
const NEAR = 3000; // where they are put back

const away = new Map(); // spacer -> the figures it stands for
let figures = []; // all, in order, also those taken out
let indexes = new Map(); // address -> index among them

// Takes stock of the figures, after others have come.
function count() {
  figures = [...document.querySelectorAll('.grid > :not(i, h2)')].flatMap((el) => away.get(el) ?? el);
  indexes = new Map(figures.map((figure, i) => [attribute('a', 'href', figure), i]));
}

// The index of a photo's figure, -1 if it is not on this page.
function indexOf(address) {
  if (document.readyState === 'loading') count();
  return indexes.get(address) ?? -1;
}

// The photo's link in the grid, if it is on this page.
function cellOf(address) {
  const i = indexOf(address); // which may take stock anew
  return figures[i]?.querySelector('a');
}

// The spacer that stands for a figure, or the figure itself.
const inPage = (figure) => (figure.isConnected ? figure : [...away.keys()].find((spacer) => away.get(spacer).includes(figure)) ?? figure);

function putBack(spacer) {
  const back = away.get(spacer);
  if (!back) return;
  away.delete(spacer);
  coming.unobserve(spacer);
  spacer.replaceWith(...back);
}

const coming = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) putBack(entry.target);
}, { rootMargin: `${NEAR}px 0px` });

// Takes out what is far, in whole rows, so that nothing moves. The last row stays,
// since more photos may come to it, and so does what has the focus.
function takeOut() {
  const shown = figures.filter((figure) => figure.isConnected);
  const boxes = shown.map((figure) => figure.getBoundingClientRect());
  const keep = (i) => boxes[i].bottom > -FAR && boxes[i].top < innerHeight + FAR
    || boxes[i].top === boxes.at(-1).top || shown[i].contains(document.activeElement);
  for (const [from, to] of rows(boxes.map((box) => box.top), keep, (i) => shown[i].nextElementSibling === shown[i + 1])) {
    const spacer = document.createElement('div');
    spacer.className = 'away';
    spacer.style.height = `${boxes[to - 1].bottom - boxes[from].top}px`;
    away.set(spacer, shown.slice(from, to));
    shown[from].before(spacer);
    for (const figure of away.get(spacer)) figure.remove();
    coming.observe(spacer);
  }
}

// Runs of whole rows, of fifty figures or more, none of which is to be kept. tops
// says where each figure's row is; joined whether another follows right behind it.
function rows(tops, keep, joined) {
  const runs = [];
  let from = 0;
  for (let i = 0; i < tops.length;) {
    let end = i + 1;
    while (end < tops.length && tops[end] === tops[i]) end++;
    let kept = false;
    for (let j = i; j < end; j++) kept ||= keep(j);
    if (kept) from = end;
    else if (end === tops.length || !joined(end - 1) || end - from >= 200) {
      if (end - from >= 50) runs.push([from, end]);
      from = end;
    } else if (keep(end) && end - from >= 50) {
      runs.push([from, end]);
      from = end;
    }
    i = end;
  }
  return runs;
}

let takingOut = 0; // timer
const takeOutSoon = () => {
  if (figures.length > 500) takingOut ||= setTimeout(() => { takingOut = 0; takeOut(); }, 300);
};
addEventListener('scroll', takeOutSoon, { passive: true });

let laidOut = innerWidth;
addEventListener('resize', () => { // rows are others now
  if (innerWidth === laidOut) return;
  laidOut = innerWidth;
  for (const spacer of away.keys()) putBack(spacer);
  takeOutSoon();
});
