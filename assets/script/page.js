// The script makes the pages better that work without it. The lightbox is the
// photos' own pages made fluid: it shows what the grid says of a photo, and reads
// from that photo's page what the grid does not say.

const root = document.documentElement;
const dialog = document.getElementById('lightbox');
// Whether the visitor may see previews only.
const withheld = dialog?.dataset.kept !== undefined;
const single = document.body.classList.contains('single'); // a photo's own page
const here = () => location.pathname + location.search;
const home = here();
const find = (selector, within = dialog) => within.querySelector(selector);
const room = find('.room');
const track = find('.track');
const calm = matchMedia('(prefers-reduced-motion: reduce)');
