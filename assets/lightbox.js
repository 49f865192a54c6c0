// The script makes the pages better that work without it. The lightbox is the
// photos' own pages made fluid: what it shows of a photo, and what comes before
// and after, it reads from that photo's page.
(() => {
  'use strict';

  const root = document.documentElement;
  const dialog = document.getElementById('lightbox');
  const single = document.body.classList.contains('single'); // a photo's own page
  const home = location.pathname + location.search;
  const find = (selector, within = dialog) => within.querySelector(selector);
  const room = find('.room');
  const track = find('.track');
  const calm = matchMedia('(prefers-reduced-motion: reduce)');

  /* ---- Reading: pages and pictures, whatever the network does ---- */

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

  // Picks out of a photo's page what the lightbox shows of it.
  function pick(page) {
    const attribute = (selector, name) => find(selector, page)?.getAttribute(name) ?? '';
    const href = (selector) => attribute(selector, 'href');
    const text = (selector) => find(selector, page)?.textContent.trim() ?? '';
    return {
      title: page.title,
      src: attribute('#photo', 'src'),
      thumb: attribute('#photo', 'data-thumb'),
      width: Number(attribute('#photo', 'width')),
      height: Number(attribute('#photo', 'height')),
      alt: attribute('#photo', 'alt'),
      caption: text('figcaption'),
      note: find('figcaption', page),
      position: text('a[rel="up"]'),
      original: href('a.download'),
      info: find('dl.info', page),
      up: href('a[rel="up"]'),
      prev: href('a[rel="prev"]'),
      next: href('a[rel="next"]'),
      first: href('link[rel="first"]'),
      last: href('link[rel="last"]'),
    };
  }

  const pages = new Map(); // address -> promise of what the photo's page says
  const known = new Map(); // address -> what it says, once that has come
  const wanted = (address) => slides.some((slide) => slide.address === address);

  function load(address) {
    if (!pages.has(address)) {
      const page = insist(async () => {
        const answer = await ask(address);
        const text = answer && await answer.text().catch(() => '');
        return text && pick(new DOMParser().parseFromString(text, 'text/html'));
      }, () => wanted(address));
      page.then((p) => known.set(address, p), () => pages.delete(address));
      pages.set(address, page);
    }
    return pages.get(address);
  }

  // Loads a picture and decodes it, so that it can be put in place at once.
  function picture(src, still) {
    let undecodable = 0;
    return insist(async () => {
      const img = new Image();
      img.src = src;
      await img.decode().catch(() => {});
      if (img.naturalWidth) return img;
      // The browser does not say why. If the server has it, it is the picture.
      if (await ask(src, { method: 'HEAD' }) && ++undecodable > 1) throw new Error('cannot be decoded');
      return null;
    }, still);
  }

  /* ---- Slides: the photo shown, and those before and after it ---- */

  let slides = [0, 1, 2].map(() => {
    const slide = { el: document.createElement('div'), address: '' };
    slide.el.className = 'slide';
    track.append(slide.el);
    return slide;
  });
  const current = () => slides[1];

  // The photo's link in the grid, if it is on this page.
  const cellOf = (address) => find(`.photo > a[href="${CSS.escape(address)}"]`, document);

  // The picture of a photo that is on this page.
  const pictureOf = (address) => (single
    ? address === home && document.getElementById('photo')
    : cellOf(address)?.querySelector('img'));

  // The address of the photo before or after another; undefined if that is not
  // known yet, '' if there is none.
  function neighbour(address, rel) {
    if (known.has(address)) return known.get(address)[rel];
    const figure = cellOf(address)?.parentElement;
    const other = rel === 'prev' ? figure?.previousElementSibling : figure?.nextElementSibling;
    return find('a', other ?? document.createElement('p'))?.getAttribute('href') ?? undefined;
  }

  const THUMBNAIL = 1;
  const PREVIEW = 2;
  const ORIGINAL = 3;

  // Puts a picture into a slide, unless a better one is there.
  function put(slide, img, level) {
    if (level < slide.level) return;
    slide.level = level;
    img.alt = slide.page?.alt ?? pictureOf(slide.address)?.alt ?? '';
    img.draggable = false;
    slide.img = img;
    slide.el.replaceChildren(img);
    fit(slide);
  }

  function notice(slide, text) {
    const p = document.createElement('p');
    p.className = 'notice';
    p.textContent = text;
    slide.el.replaceChildren(p);
  }

  // Gives a slide another photo; its thumbnail shows at once.
  function fill(slide, address) {
    if (slide.address === address) return;
    Object.assign(slide, { address, page: null, img: null, level: 0 });
    slide.el.replaceChildren();
    const thumb = pictureOf(address);
    if (!thumb) return;
    const img = new Image();
    img.src = thumb.currentSrc || thumb.src;
    slide.width = Number(thumb.getAttribute('width'));
    slide.height = Number(thumb.getAttribute('height'));
    put(slide, img, THUMBNAIL);
  }

  // Brings a slide's photo to its preview.
  async function present(slide) {
    const { address } = slide;
    const still = () => slide.address === address;
    if (!address || slide.level >= PREVIEW) return;
    const page = await load(address);
    if (!still()) return;
    slide.page = page;
    if (slide === current()) describe();
    if (!page.src) {
      notice(slide, dialog.dataset.unshown);
      return;
    }
    Object.assign(slide, { width: page.width, height: page.height });
    if (slide.img) {
      fit(slide);
      if (slide === current() && zoom.scale > 1.01) settle(false);
    } else if (page.thumb) {
      const img = new Image();
      img.src = page.thumb;
      put(slide, img, THUMBNAIL);
    }
    const img = await picture(page.src, still);
    if (!still()) return;
    put(slide, img, page.src === page.original ? ORIGINAL : PREVIEW);
    if (slide === current() && zoom.scale > 1.01) sharpen(); // zoomed before it came
  }

  // Shows a photo, and then makes its neighbours ready.
  async function show(address) {
    const slide = current();
    const still = () => slide === current() && slide.address === address;
    fill(slide, address);
    slide.page = known.get(address) ?? null;
    setZoom(1, 0, 0);
    describe();
    fillSides();
    try {
      // Who leafs quickly asks for the pages where they pause.
      await new Promise((resolve) => { setTimeout(resolve, hurry()); });
      if (!still()) return;
      await present(slide);
    } catch {
      if (still() && !slide.img) notice(slide, dialog.dataset.failed);
      if (still()) say(dialog.dataset.failed);
    }
    if (!still()) return;
    fillSides();
    present(slides[2]).then(() => present(slides[0])).catch(() => {});
  }

  function fillSides() {
    fill(slides[0], neighbour(current().address, 'prev') ?? '');
    fill(slides[2], neighbour(current().address, 'next') ?? '');
  }

  let turned = 0;
  function hurry() {
    const quick = performance.now() - turned < 250;
    turned = performance.now();
    return quick ? 150 : 0;
  }

  // Tells about the photo shown: address, title, caption, buttons.
  function describe() {
    const { address, page } = current();
    for (const rel of ['prev', 'next']) find(`.turn.${rel}`).disabled = neighbour(address, rel) === '';
    const note = page ? page.note : cellOf(address)?.parentElement.querySelector('figcaption');
    find('.caption').replaceChildren(...note ? document.importNode(note, true).childNodes : []);
    if (!page) return;
    document.title = page.title;
    find('.position').textContent = page.position;
    find('.said').textContent = `${page.position}, ${page.caption || page.alt}`;
    find('.panel.about dl')?.remove();
    if (page.info) find('.panel.about').append(document.importNode(page.info, true));
  }

  // Turns to the photo before or after; from is how far a finger has moved the
  // track already, in pixels.
  function turn(rel, from = 0) {
    const { address } = current();
    const to = neighbour(address, rel);
    if (to) {
      // A photo beyond becomes the current one, and the one left behind is kept.
      const [a, b, c] = slides;
      slides = rel === 'next' ? [b, c, a] : [c, a, b];
      slides[0].address === to || slides[2].address === to || fill(current(), to);
      setAddress(to);
      moveTrack(from && from + (rel === 'next' ? 1 : -1) * room.clientWidth);
      place();
      slideBack();
      show(to);
    } else if (to === undefined) {
      load(address).then(() => current().address === address && turn(rel), () => {});
    } else {
      slideBack();
    }
  }

  function jump(rel) {
    const { address } = current();
    load(address).then((page) => {
      if (!page[rel] || page[rel] === address || current().address !== address) return;
      setAddress(page[rel]);
      show(page[rel]);
    }, () => {});
  }

  // Sets the slides side by side; only the middle one is there for a reader.
  function place() {
    slides.forEach((slide, i) => {
      slide.el.style.transform = `translateX(${(i - 1) * 100}%)`;
      slide.el.ariaHidden = i !== 1;
    });
  }

  function moveTrack(x, y = 0) {
    track.classList.remove('moving');
    track.style.transform = x || y ? `translate(${x}px, ${y}px) scale(${1 - Math.min(Math.abs(y) / 2000, 0.2)})` : '';
    dialog.style.setProperty('--dim', 1 - Math.min(Math.abs(y) / room.clientHeight, 0.8));
  }

  function slideBack() {
    track.getBoundingClientRect(); // from where it is now
    track.classList.add('moving');
    track.style.transform = '';
    dialog.style.setProperty('--dim', 1);
  }

  /* ---- Zoom ---- */

  let zoom = { scale: 1, x: 0, y: 0 }; // of the photo shown, from its fitted place, in CSS pixels

  // Sizes a slide's picture to the room; small ones are not enlarged.
  function fit(slide) {
    const { img, width, height } = slide;
    const w = width || img.naturalWidth;
    const h = height || img.naturalHeight;
    const enlarge = slide.page ? 1 : Infinity;
    const scale = Math.min(room.clientWidth / w, room.clientHeight / h, enlarge);
    slide.box = { w: w * scale, h: h * scale };
    Object.assign(img.style, { width: `${w * scale}px`, height: `${h * scale}px` });
    transform(slide);
  }

  function transform(slide) {
    const { scale, x, y } = slide === current() ? zoom : { scale: 1, x: 0, y: 0 };
    if (slide.img) slide.img.style.transform = `translate(-50%, -50%) translate(${x}px, ${y}px) scale(${scale})`;
  }

  // How far the zoomed photo may be moved from the middle, each way.
  function bounds(scale) {
    const { w, h } = current().box ?? { w: 0, h: 0 };
    return { x: Math.max(0, (w * scale - room.clientWidth) / 2), y: Math.max(0, (h * scale - room.clientHeight) / 2) };
  }

  // At most two device pixels for each pixel of the original, or thrice the fit.
  function maxScale() {
    const { box, width } = current();
    return Math.max(3, box ? 2 * width / box.w / devicePixelRatio : 1);
  }

  function setZoom(scale, x, y, moving = false) {
    const was = zoom.scale;
    zoom = { scale, x, y };
    track.classList.toggle('moving', moving);
    transform(current());
    room.classList.toggle('zoomed', scale > 1.01);
    if (scale > was) sharpen();
  }

  const clamp = (value, limit) => Math.max(-limit, Math.min(limit, value));

  function settle(moving = true) {
    const scale = Math.max(1, Math.min(zoom.scale, maxScale()));
    const limit = bounds(scale);
    setZoom(scale, clamp(zoom.x, limit.x), clamp(zoom.y, limit.y), moving);
  }

  // Zooms so that what is under a point of the window stays there.
  function zoomAt(scale, px, py, moving) {
    scale = Math.max(1, Math.min(scale, maxScale()));
    const dx = px - room.clientWidth / 2;
    const dy = py - room.clientHeight / 2;
    const k = scale / zoom.scale;
    const limit = bounds(scale);
    setZoom(scale, clamp(dx - (dx - zoom.x) * k, limit.x), clamp(dy - (dy - zoom.y) * k, limit.y), moving);
  }

  const zoomBy = (factor) => zoomAt(zoom.scale * factor, room.clientWidth / 2, room.clientHeight / 2, true);

  function toggleZoom(px, py) {
    const { box, width } = current();
    if (zoom.scale > 1.01) setZoom(1, 0, 0, true);
    else zoomAt(box ? Math.max(2, width / box.w / devicePixelRatio) : 1, px, py, true);
  }

  // Loads the original, once the preview has fewer pixels than are shown.
  async function sharpen() {
    const slide = current();
    const { address, page, img, box } = slide;
    if (slide.level !== PREVIEW || !page.original || slide.sharpening === address) return;
    if (box.w * zoom.scale * devicePixelRatio <= img.naturalWidth * 1.05) return;
    slide.sharpening = address;
    const still = () => slide === current() && slide.address === address;
    const original = await picture(page.original, still).catch(() => null);
    slide.sharpening = '';
    if (original && still()) put(slide, original, ORIGINAL);
  }

  /* ---- Gestures: mouse, touch and pen alike ---- */

  const pointers = new Map(); // id -> where it is
  let gesture = null; // what those pointers are doing
  let glide = 0; // animation frame of the inertia
  let tap = { time: 0 }; // the last one

  const middle = () => {
    const [a, b] = [...pointers.values()];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, span: Math.hypot(a.x - b.x, a.y - b.y) };
  };

  function begin() {
    const at = [...pointers.values()][0];
    gesture = pointers.size > 1
      ? { kind: 'pinch', from: middle(), zoom }
      : { kind: gesture ? 'pan' : '', from: at, zoom, trace: [] };
  }

  track.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    stopSlideshow();
    cancelAnimationFrame(glide);
    track.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 1) gesture = null;
    begin();
  });

  track.addEventListener('pointermove', (event) => {
    if (!pointers.has(event.pointerId)) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (gesture.kind === 'pinch') pinch();
    else drag(event);
  });

  function pinch() {
    const at = middle();
    const { from, zoom: was } = gesture;
    const k = at.span / from.span;
    const scale = Math.max(0.6, Math.min(was.scale * k, maxScale() * 1.3));
    const real = scale / was.scale;
    const cx = room.clientWidth / 2;
    const cy = room.clientHeight / 2;
    moveTrack(0);
    setZoom(scale, at.x - cx - (from.x - cx - was.x) * real, at.y - cy - (from.y - cy - was.y) * real);
  }

  function drag(event) {
    const dx = event.clientX - gesture.from.x;
    const dy = event.clientY - gesture.from.y;
    if (!gesture.kind && Math.hypot(dx, dy) > 8) {
      if (zoom.scale > 1.01) gesture.kind = 'pan';
      else gesture.kind = Math.abs(dx) > Math.abs(dy) ? 'swipe' : 'pull';
    }
    gesture.trace = [...gesture.trace.filter((p) => event.timeStamp - p.t < 90), { dx, dy, t: event.timeStamp }];
    if (gesture.kind === 'pan') {
      const limit = bounds(zoom.scale);
      const soft = (v, l) => clamp(v, l) + (v - clamp(v, l)) / 3;
      setZoom(zoom.scale, soft(gesture.zoom.x + dx, limit.x), soft(gesture.zoom.y + dy, limit.y));
    } else if (gesture.kind === 'swipe') {
      // At the ends the photo follows the finger but reluctantly.
      const end = neighbour(current().address, dx < 0 ? 'next' : 'prev') === '';
      moveTrack(end ? dx / 4 : dx);
    } else if (gesture.kind === 'pull') {
      moveTrack(0, dy > 0 ? dy : dy / 4);
    }
  }

  function release(event) {
    if (!pointers.delete(event.pointerId)) return;
    if (pointers.size) {
      begin();
      return;
    }
    const { kind, trace = [] } = gesture;
    const last = trace.at(-1);
    const speed = speedOf(trace, event.timeStamp);
    if (event.type === 'pointercancel') moveTrack(0);
    else if (!kind) press(event);
    else if (kind === 'swipe') endSwipe(last.dx, speed.x);
    else if (kind === 'pull') endPull(last.dy, speed.y);
    else if (kind === 'pan' && last) coast(speed);
    else settle();
  }

  // The speed in pixels a millisecond with which a finger left.
  function speedOf(trace, now) {
    const first = trace[0];
    const last = trace.at(-1);
    if (trace.length < 2 || now - last.t > 90) return { x: 0, y: 0 };
    const ms = Math.max(1, last.t - first.t);
    return { x: (last.dx - first.dx) / ms, y: (last.dy - first.dy) / ms };
  }

  track.addEventListener('pointerup', release);
  track.addEventListener('pointercancel', release);

  function endSwipe(dx, speed) {
    const far = Math.abs(dx) > room.clientWidth / 4 || Math.abs(speed) > 0.3 && speed * dx > 0;
    if (far) turn(dx < 0 ? 'next' : 'prev', dx);
    else slideBack();
  }

  function endPull(dy, speed) {
    if (dy > room.clientHeight / 6 || dy > 20 && speed > 0.4) close();
    else slideBack();
  }

  // Lets a photo run on after the finger has gone, ever more slowly.
  function coast(speed) {
    let before = performance.now();
    const step = (now) => {
      const ms = now - before;
      before = now;
      const limit = bounds(zoom.scale);
      setZoom(zoom.scale, zoom.x + speed.x * ms, zoom.y + speed.y * ms);
      for (const axis of ['x', 'y']) speed[axis] *= Math.abs(zoom[axis]) > limit[axis] ? 0 : 0.995 ** ms;
      if (Math.hypot(speed.x, speed.y) > 0.02) glide = requestAnimationFrame(step);
      else settle();
    };
    if (calm.matches) settle(false);
    else glide = requestAnimationFrame(step);
  }

  const onPhoto = (x, y) => {
    const box = current().img?.getBoundingClientRect();
    return box && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  };

  // A click zooms, beside the photo it closes. A tap hides or shows what lies
  // over the photo, and a second one right after it zooms instead.
  function press(event) {
    const { clientX: x, clientY: y } = event;
    if (closePanels()) return;
    if (event.pointerType === 'mouse') {
      if (onPhoto(x, y)) toggleZoom(x, y);
      else close();
      return;
    }
    const double = event.timeStamp - tap.time < 300 && Math.hypot(x - tap.x, y - tap.y) < 40;
    clearTimeout(tap.timer);
    tap = { x, y, time: double ? 0 : event.timeStamp };
    if (double) toggleZoom(x, y);
    else tap.timer = setTimeout(() => room.classList.toggle('quiet'), 300);
  }

  track.addEventListener('wheel', (event) => {
    event.preventDefault();
    stopSlideshow();
    const lines = event.deltaMode ? 30 : 1;
    zoomAt(zoom.scale * Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.003)), event.clientX, event.clientY, false);
  }, { passive: false });

  addEventListener('resize', () => {
    if (!dialog.open) return;
    for (const slide of slides) if (slide.img) fit(slide);
    settle(false);
  });

  /* ---- What buttons and keys do ---- */

  let toastTimer;
  function say(text, ms = 2500) {
    clearTimeout(toastTimer);
    find('.toast').textContent = text;
    toastTimer = setTimeout(() => { find('.toast').textContent = ''; }, ms);
  }

  const button = (name) => find(`[data-do="${name}"]`);

  function togglePanel(name) {
    const panel = find(`.panel.${name}`);
    const opening = panel.hidden;
    closePanels();
    panel.hidden = !opening;
    button(name === 'about' ? 'info' : name).ariaExpanded = opening;
  }

  // Closes what is open over the photo, and says whether anything was.
  function closePanels() {
    const panel = find('.panel:not([hidden])');
    if (!panel) return false;
    panel.hidden = true;
    for (const b of dialog.querySelectorAll('[aria-expanded]')) b.ariaExpanded = false;
    return true;
  }

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

  // A phone's own way to share, else the address on the clipboard.
  async function share() {
    const link = { title: document.title, url: location.href };
    if (navigator.share && matchMedia('(pointer: coarse)').matches) {
      await navigator.share(link).catch(() => {});
      return;
    }
    try {
      await navigator.clipboard.writeText(link.url);
    } catch { // not without HTTPS, or not allowed: the old way
      const field = document.createElement('textarea');
      field.value = link.url;
      room.append(field);
      field.select();
      document.execCommand('copy');
      field.remove();
      dialog.focus();
    }
    say(dialog.dataset.copied);
  }

  // A dialog itself cannot fill the screen, but what is in it can.
  function fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else room.requestFullscreen?.().catch(() => {});
  }

  const actions = {
    close: () => close(),
    dismiss: () => { // what is open over the photo first, then the lightbox
      if (show4) stopSlideshow();
      else if (!closePanels()) close();
    },
    prev: () => turn('prev'),
    next: () => turn('next'),
    first: () => jump('first'),
    last: () => jump('last'),
    closer: () => zoomBy(1.5),
    farther: () => zoomBy(1 / 1.5),
    whole: () => setZoom(1, 0, 0, true),
    full: fullscreen,
    info: () => togglePanel('about'),
    help: () => togglePanel('help'),
    slideshow: () => (show4 ? stopSlideshow() : startSlideshow()),
    share,
    download: () => {
      const link = document.createElement('a');
      link.href = known.get(current().address)?.original ?? '';
      link.download = '';
      if (link.href) link.click();
    },
  };
  const keys = {
    Escape: 'dismiss',
    ArrowLeft: 'prev', ArrowRight: 'next', PageUp: 'prev', PageDown: 'next', Home: 'first', End: 'last', ' ': 'next',
    '+': 'closer', '=': 'closer', '-': 'farther', 0: 'whole', f: 'full', i: 'info', s: 'slideshow', d: 'download', '?': 'help',
  };

  function act(name) {
    if (!/slideshow|dismiss/.test(name)) stopSlideshow();
    actions[name]?.();
  }

  dialog.addEventListener('click', (event) => {
    const name = event.target.closest('[data-do]')?.dataset.do;
    if (name) act(name);
  });

  const plain = (event) => !event.altKey && !event.ctrlKey && !event.metaKey;

  document.addEventListener('keydown', (event) => {
    if (!plain(event) || event.isComposing) return;
    const name = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (dialog.open) {
      const pressing = event.key === ' ' && event.target.closest('button, a');
      if (!name || pressing || event.target.closest('.panel') && /^(Page|Home|End| )/.test(event.key)) return;
      event.preventDefault();
      act(name);
    } else if (single) {
      onPhotoPage(event, name);
    }
  });

  // A phone's own gesture to dismiss. Browsers heed a "no" but once, and then
  // close the dialog themselves.
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    if (event.cancelable) act('dismiss');
  });
  dialog.addEventListener('close', () => current().address && close());

  // What lies over the photo goes while a mouse rests, in fullscreen.
  let rest;
  room.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'mouse' || show4) return;
    room.classList.remove('quiet');
    clearTimeout(rest);
    rest = setTimeout(() => document.fullscreenElement && room.classList.add('quiet'), 3000);
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && show4) startSlideshow(); // the browser has let the screen's lock go
  });
  if (!document.fullscreenEnabled) button('full').hidden = true;

  /* ---- Opening and closing: address, Back button, focus ---- */

  const albumTitle = document.title;

  let waiting = null; // a change that morph is about to make

  // Makes a change in which one picture becomes another, where that can be
  // shown as one motion. The browser takes a while to prepare it, so it first
  // shows what the press itself has changed.
  function morph(from, change, into) {
    if (!document.startViewTransition || !from || calm.matches) {
      change();
      return;
    }
    const name = (img, text) => { if (img) img.style.viewTransitionName = text; };
    const start = () => {
      if (waiting !== start) return;
      waiting = null;
      name(from, 'photo');
      const transition = document.startViewTransition(() => {
        name(from, '');
        change();
        name(into(), 'photo');
      });
      transition.ready.catch(() => {});
      transition.finished.finally(() => name(into(), ''));
    };
    waiting = start;
    if (document.hidden) start();
    else requestAnimationFrame(() => { setTimeout(start); });
  }

  // The focus goes to the dialog itself, not to a button: when Enter opened it,
  // the rest of that very key press would press the button.
  function openDialog(address, then) {
    const change = () => {
      if (!dialog.open) dialog.showModal();
      dialog.focus();
      place();
      moveTrack(0);
      room.classList.remove('quiet');
      for (const slide of slides) fill(slide, '');
      show(address);
      then?.();
    };
    if (dialog.open) show(address);
    else morph(pictureOf(address), change, () => current().img);
  }

  function open(address, then) {
    history.pushState({ photo: address, over: single }, '', address);
    openDialog(address, then);
  }

  const setAddress = (address) => history.replaceState({ photo: address, over: single }, '', address);

  // Takes the lightbox away; the focus goes to the photo last seen.
  function hide() {
    stopSlideshow();
    closePanels();
    if (document.fullscreenElement) document.exitFullscreen();
    const cell = single ? document.getElementById('photo') : cellOf(current().address);
    const thumb = pictureOf(current().address);
    document.title = albumTitle;
    morph(current().img, () => {
      dialog.close();
      moveTrack(0);
      for (const slide of slides) fill(slide, '');
      cell?.scrollIntoView({ block: 'nearest' });
      cell?.focus({ preventScroll: true });
    }, () => thumb);
  }

  // The history has an entry for the open lightbox: Back closes it, Forward
  // opens it again, and closing it by other means goes back; but where the
  // photo last seen is not on this page, to the page that it is on.
  function close() {
    const { address, page } = current();
    if (single && address !== home) location.reload();
    else if (!single && !cellOf(address) && page) location.replace(page.up);
    else history.back();
  }

  // On a photo's own page, an entry is the lightbox's if it was opened there.
  // Others are those of before a reload, whose page is another.
  addEventListener('popstate', (event) => {
    const address = event.state?.photo;
    if (single ? event.state?.over : address) openDialog(address);
    else if (single && location.pathname + location.search !== home) location.reload();
    else if (current().address) hide();
    else waiting = null; // it was still to open
  });
  if (single) history.replaceState({ photo: home }, '');

  const unmodified = (event) => !event.button && plain(event) && !event.shiftKey;

  document.addEventListener('click', (event) => {
    const link = event.target.closest('.photo > a');
    if (!link || !unmodified(event)) return;
    event.preventDefault();
    open(link.getAttribute('href'));
  });

  /* ---- A photo's own page ---- */

  // The keys do here what they do in the lightbox; what takes the lightbox
  // opens it.
  function onPhotoPage(event, name) {
    const scrolls = event.key === ' ' || /^(Home|End|Page)/.test(event.key) && root.scrollHeight > innerHeight;
    if (scrolls) return;
    const rel = name === 'dismiss' ? 'up' : name;
    const link = find(name === 'download' ? 'a.download' : `[rel="${rel}"]`, root);
    if (link) {
      event.preventDefault();
      if (link.matches('a')) link.click();
      else location.assign(link.href);
    } else if (name && !/^(prev|next|close)$/.test(name) && document.getElementById('photo')) {
      event.preventDefault();
      openSingle(() => act(name));
    }
  }

  function openSingle(then) {
    if (!known.has(home)) {
      known.set(home, pick(document));
      pages.set(home, Promise.resolve(known.get(home)));
    }
    open(home, then);
  }

  function startPhotoPage() {
    const photo = document.getElementById('photo');
    if (!photo) return;
    photo.tabIndex = -1;
    photo.addEventListener('click', (event) => { if (unmodified(event)) openSingle(); });
    let from = null;
    photo.addEventListener('touchstart', (event) => {
      from = event.touches.length === 1 && visualViewport.scale < 1.01 ? event.touches[0] : null;
    }, { passive: true });
    photo.addEventListener('touchend', (event) => {
      const to = event.changedTouches[0];
      const dx = from ? to.clientX - from.clientX : 0;
      if (Math.abs(dx) < 60 || Math.abs(dx) < 2 * Math.abs(to.clientY - from.clientY)) return;
      find(`a[rel="${dx < 0 ? 'next' : 'prev'}"]`, document)?.click();
    }, { passive: true });
  }

  /* ---- The grid: fading in, streaming, further pages ---- */

  // Pictures fade in when they come; what comes at once needs none of that.
  setTimeout(() => {
    const come = (img) => img.classList?.add('in');
    for (const img of document.images) if (img.complete || img.naturalWidth) come(img);
    for (const type of ['load', 'error']) document.addEventListener(type, (event) => come(event.target), true);
    root.classList.add('fading');
  }, 500);

  // Shows the photos when all of the page is there. While it streams in, shows
  // each row once it is complete, and how many photos there are of how many.
  function followStream() {
    const photos = document.getElementsByClassName('photo');
    const progress = find('.progress', document);
    let placed = 0;
    let due = false;
    // All positions are read before anything is written: in turn, each would
    // have the page laid out anew.
    const look = () => {
      due = false;
      const bottom = photos[photos.length - 1]?.offsetTop;
      const complete = [];
      while (photos[placed]?.offsetTop < bottom) complete.push(photos[placed++]);
      for (const photo of complete) photo.classList.add('placed');
      if (photos.length === Number(progress.ariaValueNow)) return;
      const total = Number(progress.ariaValueMax);
      progress.ariaValueNow = photos.length;
      progress.style.setProperty('--done', photos.length / total);
      find('span', progress).textContent = progress.dataset.text.replace('%s', photos.length).replace('%s', total);
    };
    const observer = new MutationObserver(() => {
      if (!due) requestAnimationFrame(look);
      due = true;
    });
    root.classList.add('streaming');
    if (progress) observer.observe(document.body, { childList: true, subtree: true });
    document.addEventListener('DOMContentLoaded', () => {
      observer.disconnect();
      root.classList.remove('streaming');
      if (!progress || performance.now() < 1000) goBack();
      followPages();
    });
  }

  // Who comes from a photo's own page finds that photo.
  function goBack() {
    if (scrollY || document.activeElement !== document.body || performance.getEntriesByType('navigation')[0]?.type !== 'navigate') return;
    const cell = cellOf(document.referrer.replace(location.origin, ''));
    cell?.scrollIntoView({ block: 'center' });
    cell?.focus({ preventScroll: true });
  }

  // Loads further pages as the reader nears the end, and keeps the address in
  // step with the page that is in view.
  function followPages() {
    const grid = find('.grid', document);
    const link = find('.pages a[rel="next"]', document);
    if (!grid || !link) return;
    const starts = [{ figure: grid.firstElementChild, address: home }]; // each page's first photo
    let busy = false;
    const more = async () => {
      if (busy) return;
      busy = true;
      link.ariaBusy = true;
      const address = link.getAttribute('href');
      const page = await insist(async () => {
        const text = await (await ask(address))?.text().catch(() => '');
        return text && new DOMParser().parseFromString(text, 'text/html');
      }, () => true).catch(() => null);
      link.ariaBusy = null;
      if (!page) return; // the link remains
      const figures = page.querySelectorAll('.grid > .photo');
      starts.push({ figure: figures[0], address });
      grid.append(...figures);
      const next = find('.pages a[rel="next"]', page)?.getAttribute('href');
      if (next) link.href = next;
      else {
        near.disconnect();
        link.remove();
      }
      busy = false;
      if (next) { // look again, if the end is still near
        near.unobserve(link);
        near.observe(link);
      }
    };
    const near = new IntersectionObserver(([entry]) => entry.isIntersecting && more(), { rootMargin: '0px 0px 2000px' });
    near.observe(link);
    addEventListener('scroll', () => {
      if (dialog.open || history.state?.photo) return;
      const at = starts.findLast((start, i) => !i || start.figure.getBoundingClientRect().top < innerHeight / 2);
      if (location.pathname + location.search !== at.address) history.replaceState(null, '', at.address);
    }, { passive: true });
  }

  if (single) startPhotoPage();
  else followStream();
})();
