// The script makes the pages better that work without it. The lightbox is the
// photos' own pages made fluid: what it shows of a photo, and what comes before
// and after, it reads from that photo's page.

const root = document.documentElement;
const dialog = document.getElementById('lightbox');
const single = document.body.classList.contains('single'); // a photo's own page
const here = () => location.pathname + location.search;
const home = here();
const find = (selector, within = dialog) => within.querySelector(selector);
const room = find('.room');
const track = find('.track');
const calm = matchMedia('(prefers-reduced-motion: reduce)');
