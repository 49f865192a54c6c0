// Gestures: mouse, touch and pen alike.

const pointers = new Map(); // id -> its last event
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
    : { kind: gesture ? 'pan' : '', zoom, ...startPath(at) };
}

track.addEventListener('pointerdown', (event) => {
  if (event.button) return;
  stopSlideshow();
  cancelAnimationFrame(glide);
  track.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
  if (pointers.size === 1) gesture = null;
  begin();
});

track.addEventListener('pointermove', (event) => {
  if (!pointers.has(event.pointerId)) return;
  pointers.set(event.pointerId, event);
  if (gesture.kind === 'pinch') pinch();
  else drag(event);
});

function pinch() {
  const { from, zoom: was } = gesture;
  const at = middle();
  const scale = Math.max(0.6, Math.min(was.scale * at.span / from.span, maxScale() * 1.3));
  const to = placeAt(was, scale, inRoom(from), inRoom(at));
  moveTrack(0);
  setZoom(scale, to.x, to.y);
}

function drag(event) {
  const { dx, dy } = follow(gesture, event);
  if (!gesture.kind && gesture.way) gesture.kind = zoom.scale > 1.01 ? 'pan' : gesture.way;
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
  if (gesture.kind === 'pinch' && gesture.zoom.scale < 1.01 && zoom.scale < 0.8) {
    pointers.clear(); // the other finger's leaving means nothing
    close();
    return;
  }
  if (pointers.size) {
    begin();
    return;
  }
  const { kind, trace = [] } = gesture;
  const last = trace.at(-1);
  const speed = speedOf(trace, event.timeStamp);
  if (event.type === 'pointercancel') moveTrack(0);
  else if (!kind) press(event);
  else if (kind === 'swipe') endSwipe(last.dx, swiped(gesture, event.timeStamp, room.clientWidth));
  else if (kind === 'pull') endPull(last.dy, speed.y);
  else if (kind === 'pan' && last) endPan(speed, swiped(gesture, event.timeStamp, room.clientWidth));
  else settle();
}

track.addEventListener('pointerup', release);
track.addEventListener('pointercancel', release);

function endSwipe(dx, rel) {
  if (rel) turn(rel, dx);
  else slideBack();
}

// A swipe that begins at the edge of a zoomed photo turns to the next one, if that
// is where it leads.
function endPan(speed, rel) {
  if (rel && atEdge(gesture.zoom.x, bounds(zoom.scale).x, rel === 'next' ? -1 : 1)) {
    settle();
    turn(rel);
  } else {
    coast(speed);
  }
}

function endPull(dy, speed) {
  if (dy > room.clientHeight / 6 || dy > 20 && speed > 0.4) close();
  else slideBack();
}

// Lets a photo run on after the finger has gone, ever more slowly.
function coast(speed) {
  let before = performance.now();
  const frame = (now) => {
    const ms = now - before;
    before = now;
    const limit = bounds(zoom.scale);
    setZoom(zoom.scale, zoom.x + speed.x * ms, zoom.y + speed.y * ms);
    for (const axis of ['x', 'y']) speed[axis] *= Math.abs(zoom[axis]) > limit[axis] ? 0 : 0.995 ** ms;
    if (Math.hypot(speed.x, speed.y) > 0.02) glide = requestAnimationFrame(frame);
    else settle();
  };
  if (calm.matches) settle(false);
  else glide = requestAnimationFrame(frame);
}

const onPhoto = (x, y) => {
  const box = current().img?.getBoundingClientRect();
  return box && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
};

// A click zooms, beside the photo it closes. A tap hides or shows what lies
// over the photo, and a second one right after it zooms instead.
function press(event) {
  const { x, y } = event;
  if (closePanels()) return;
  if (event.pointerType === 'mouse') {
    if (onPhoto(x, y)) toggleZoom(event);
    else close();
    return;
  }
  const double = event.timeStamp - tap.time < 300 && Math.hypot(x - tap.x, y - tap.y) < 40;
  clearTimeout(tap.timer);
  tap = { x, y, time: double ? 0 : event.timeStamp };
  if (double) toggleZoom(event);
  else tap.timer = setTimeout(() => room.classList.toggle('quiet'), 300);
}

// A trackpad's sideways scroll moves a zoomed photo, or else turns to another one:
// to one only until it rests, since it runs on after the fingers have gone.
let sideways = { sum: 0 };
function scrollAside(dx) {
  clearTimeout(sideways.timer);
  sideways.timer = setTimeout(() => { sideways = { sum: 0 }; }, 150);
  sideways.sum += dx;
  if (zoom.scale > 1.01) {
    setZoom(zoom.scale, clamp(zoom.x - dx, bounds(zoom.scale).x), zoom.y);
  } else if (!sideways.turned && Math.abs(sideways.sum) > 50) {
    sideways.turned = true;
    turn(dx > 0 ? 'next' : 'prev');
  }
}

track.addEventListener('wheel', (event) => {
  event.preventDefault();
  stopSlideshow();
  const lines = event.deltaMode ? 30 : 1;
  if (!event.ctrlKey && Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    scrollAside(event.deltaX * lines);
    return;
  }
  zoomAt(zoom.scale * Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.003)), event, false);
}, { passive: false });

addEventListener('resize', () => {
  if (!dialog.open) return;
  for (const slide of slides) if (slide.img) fit(slide);
  fold();
  settle(false);
  sharpen();
});
