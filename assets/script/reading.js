// Reading: pages and pictures, whatever the network does.

// Waits, but no longer than until the network is back.
const wait = (ms) => new Promise((resolve) => {
  setTimeout(resolve, ms);
  addEventListener('online', resolve, { once: true });
});

// Asks for an address. Gives null while the server is busy (429, 5xx) or
// away, which may pass; what will not pass is an error.
async function ask(address, options) {
  const answer = await fetch(address, options).catch(() => null);
  if (answer && !answer.ok && answer.status < 429) throw new Error(answer.status);
  return answer && answer.ok ? answer : null;
}

// Repeats an attempt, ever more slowly, until it gives something or is no
// longer wanted.
async function insist(attempt, wanted) {
  for (let delay = 500; ; delay = Math.min(delay * 2, 8000)) {
    const result = await attempt();
    if (result) return result;
    if (!wanted()) throw new Error('no longer wanted');
    say(dialog.dataset.retrying, delay + 1000);
    await wait(delay * (0.75 + Math.random() / 2));
  }
}

const pages = new Map(); // address -> promise of what the photo's page says
const known = new Map(); // address -> what it says, once that has come
const wanted = (address) => slides.some((slide) => slide.address === address);

// Fetches another page of the site.
const read = (address, still) => insist(async () => {
  const text = await (await ask(address))?.text().catch(() => '');
  return text && new DOMParser().parseFromString(text, 'text/html');
}, still);

// Fetches what a photo's page says, without the style and script of a page.
function load(address) {
  if (!pages.has(address)) {
    const part = `${address}${address.includes('?') ? '&' : '?'}part=photo`;
    const page = read(part, () => wanted(address)).then(pickPage);
    page.then((p) => known.set(address, p), () => pages.delete(address));
    pages.set(address, page);
  }
  return pages.get(address);
}

// Loads a picture and decodes it, so that it can be put in place at once.
function picture(src, still, priority) {
  let undecodable = 0;
  return insist(async () => {
    const img = new Image();
    img.fetchPriority = priority;
    img.src = src;
    await img.decode().catch(() => {});
    if (img.naturalWidth) return img;
    // The browser does not say why. If the server has it, it is the picture.
    if (await ask(src, { method: 'HEAD' }) && ++undecodable > 1) throw new Error('cannot be decoded');
    return null;
  }, still);
}
