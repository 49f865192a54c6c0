// The lightbox: the photos' own pages, shown over the album without leaving
// it. Opening one fetches its page, which has the preview made before it
// answers; what is shown, and what comes before and after, is read from there.
(() => {
  'use strict';

  // A photo's own page: the arrow keys turn to its neighbours, Escape goes up.
  if (document.body.classList.contains('single')) {
    document.addEventListener('keydown', (event) => {
      const rel = { ArrowLeft: 'prev', ArrowRight: 'next', Escape: 'up' }[event.key];
      const link = rel && document.querySelector(`a[rel="${rel}"]`);
      if (link && !event.altKey && !event.ctrlKey && !event.metaKey) link.click();
    });
    return;
  }

  const dialog = document.getElementById('lightbox');
  const image = dialog.querySelector('img');
  const caption = dialog.querySelector('figcaption');
  const position = dialog.querySelector('.position');
  const buttons = { prev: dialog.querySelector('.prev'), next: dialog.querySelector('.next') };
  const pages = new Map(); // address -> promise of what the photo's page says
  let current = ''; // the address of the photo that is shown
  let shown = null; // what its page says, once it is known

  const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

  // Fetches a photo's page and picks out what the lightbox shows of it. When
  // the server is busy (429, 5xx) or the network is away it tries again.
  async function read(address) {
    for (let delay = 500; ; delay *= 2) {
      const answer = await fetch(address).catch(() => null);
      if (answer && answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const photo = page.getElementById('photo');
        const href = (rel) => page.querySelector(`a[rel="${rel}"]`)?.getAttribute('href') ?? '';
        return {
          title: page.title,
          src: photo?.getAttribute('src') ?? '',
          width: photo?.width ?? 0,
          height: photo?.height ?? 0,
          alt: photo?.alt ?? '',
          caption: page.querySelector('figcaption').textContent,
          position: page.querySelector('.up').textContent,
          prev: href('prev'),
          next: href('next'),
        };
      }
      if ((answer && answer.status < 429) || delay > 8000) throw new Error('no such photo');
      await wait(delay);
    }
  }

  function load(address) {
    if (!pages.has(address)) {
      const page = read(address);
      page.catch(() => pages.delete(address));
      pages.set(address, page);
    }
    return pages.get(address);
  }

  // The photo's figure in the grid, if it is on this page.
  const cellOf = (address) => [...document.querySelectorAll('.photo > a')]
    .find((a) => a.getAttribute('href') === address);

  function put(src, alt, small) {
    image.toggleAttribute('data-small', small);
    image.alt = alt;
    if (src) image.src = src;
    else image.removeAttribute('src');
  }

  // Shows a photo: its thumbnail at once, then its preview once that has come.
  async function show(address) {
    current = address;
    shown = null;
    const thumb = cellOf(address)?.querySelector('img');
    put(thumb?.currentSrc ?? '', thumb?.alt ?? '', false);
    caption.textContent = '';
    let page;
    try {
      page = await load(address);
    } catch {
      if (current === address) caption.textContent = 'This photo could not be loaded.';
      return;
    }
    if (current !== address) return;
    shown = page;
    document.title = page.title;
    caption.textContent = page.src ? page.caption : 'This photo cannot be shown here.';
    position.textContent = page.position;
    buttons.prev.disabled = !page.prev;
    buttons.next.disabled = !page.next;
    if (page.src) {
      const preview = new Image();
      preview.src = page.src;
      // One that cannot be decoded is shown as well: the browser says so.
      await preview.decode().catch(() => {});
      if (current !== address) return;
      const reduced = page.src.includes('/_thumbs/');
      put(page.src, page.alt, !reduced && Math.max(page.width, page.height) < 600);
    }
    for (const near of [page.next, page.prev]) {
      if (near) load(near).then((p) => { new Image().src = p.src; }, () => {});
    }
  }

  const albumTitle = document.title;

  // The focus goes to the dialog itself, not to a button: when Enter opened it,
  // the rest of that very key press would press the button.
  function openDialog() {
    if (dialog.open) return;
    dialog.showModal();
    dialog.focus();
  }

  function open(address) {
    history.pushState({ photo: address }, '', address);
    openDialog();
    show(address);
  }

  function turn(rel) {
    const address = shown && shown[rel];
    if (!address) return;
    history.replaceState({ photo: address }, '', address);
    show(address);
  }

  // Takes the lightbox away; the focus goes to the photo last seen.
  function hide() {
    const cell = cellOf(current);
    current = '';
    document.title = albumTitle;
    dialog.close();
    cell?.focus();
    cell?.scrollIntoView({ block: 'nearest' });
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest('.photo > a');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link.getAttribute('href'));
  });

  // The history has an entry for the open lightbox: Back closes it, Forward
  // opens it again, and closing it by other means goes back.
  addEventListener('popstate', (event) => {
    const address = event.state && event.state.photo;
    if (!address) {
      if (dialog.open) hide();
    } else {
      openDialog();
      show(address);
    }
  });
  const close = () => history.back();

  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    close();
  });
  dialog.addEventListener('click', (event) => {
    if (event.target.closest('.close')) close();
    else if (event.target.closest('.prev')) turn('prev');
    else if (event.target.closest('.next')) turn('next');
    else if (!event.target.closest('figcaption')) {
      // On the picture: forward; on the dark around it: out.
      const box = image.getBoundingClientRect();
      const scale = Math.min(box.width / image.naturalWidth, box.height / image.naturalHeight) || 0;
      const dx = Math.abs(event.clientX - box.left - box.width / 2);
      const dy = Math.abs(event.clientY - box.top - box.height / 2);
      if (dx <= image.naturalWidth * scale / 2 && dy <= image.naturalHeight * scale / 2) turn('next');
      else close();
    }
  });
  dialog.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'ArrowLeft') turn('prev');
    if (event.key === 'ArrowRight') turn('next');
  });
})();
