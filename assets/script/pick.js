// What the lightbox shows of a photo, picked from its cell in the grid or from
// its page. Neither looks at anything but what it is given.

const attribute = (selector, name, within) => within.querySelector(selector)?.getAttribute(name) ?? '';
const content = (selector, within) => within.querySelector(selector)?.textContent.trim() ?? '';

// The address of the original, which is that of the photo's page without the
// slash at its end.
const originalOf = (address) => address.replace(/\/(\?.*)?$/, '');

// Picks out of a photo's page. Its information and the photos around it stand
// only there.
function pickPage(page) {
  const href = (selector) => attribute(selector, 'href', page);
  const image = (name) => attribute('#photo', name, page);
  return {
    title: content('title', page),
    src: image('src'),
    thumb: image('data-thumb'),
    width: Number(image('width')),
    height: Number(image('height')),
    alt: image('alt'),
    note: page.querySelector('figcaption'),
    position: content('a[rel="up"]', page),
    info: page.querySelector('dl.info'),
    up: href('a[rel="up"]'),
    prev: href('a[rel="prev"]'),
    next: href('a[rel="next"]'),
    first: href('link[rel="first"]'),
    last: href('link[rel="last"]'),
  };
}

// Picks the address of the smallest preview, of those of the given longer sides, that has
// enough pixels for a box; of the original, where none has, or of the largest preview. What a page shows as it is stays.
function pickSharp({ src, width, height }, address, box, ratio, previews, previewsOnly) {
  const [smallest, ...larger] = previews.split(' ');
  const need = Math.min(Math.max(box.w, box.h) * ratio / 1.1, Math.max(width, height));
  if (need <= smallest) return src;
  const sides = previewsOnly ? larger.filter((s) => s < Math.max(width, height)) : larger;
  const side = sides.find((s) => s >= need) ?? (previewsOnly && sides.at(-1));
  const preview = `/_thumbs/${smallest}/`;
  if (!side && src.includes(preview)) return previewsOnly ? src : originalOf(address);
  return src.replace(preview, `/_thumbs/${side}/`);
}

// Picks out of a photo's cell, the one so far behind the grid's first. A
// photo without a size cannot be shown; one with data-itself is shown as it is,
// others as their smallest preview. Where data-more stands, its page has a longer note.
function pickCell(figure, index, { position, previews, site, first, total }) {
  const link = figure.querySelector('a');
  const img = link.querySelector('img');
  const says = link.dataset;
  const size = (says.size ?? '0x0').split('x').map(Number);
  const thumb = img?.getAttribute('src') ?? '';
  const alt = says.name ?? (img?.alt || content('figcaption', figure));
  const number = Number(first) + index;
  const src = says.itself === undefined ? thumb.replace('/_thumbs/', `/_thumbs/${previews.split(' ')[0]}/`) : originalOf(link.getAttribute('href'));
  return {
    title: `${alt} · ${site}`,
    src: says.size ? src : '',
    thumb,
    width: size[0],
    height: size[1],
    alt,
    note: img && figure.querySelector('figcaption'),
    position: position.replace('%s', number).replace('%s', total),
    more: says.more !== undefined,
    begins: number === 1,
    ends: number === Number(total),
  };
}
