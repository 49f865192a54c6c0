// The swipe: a pointer's path over a photo, and what it asks for. Lengths are in
// CSS pixels, times in milliseconds.

const startPath = ({ x, y }) => ({ x, y, way: '', trace: [] });

// Follows a pointer on, and returns how far it is from where it began. Its way,
// across or along, is that of its first 8 px; its trace is its last 90 ms.
function follow(path, { x, y, timeStamp: t }) {
  const dx = x - path.x;
  const dy = y - path.y;
  if (!path.way && Math.hypot(dx, dy) > 8) path.way = Math.abs(dx) > Math.abs(dy) ? 'swipe' : 'pull';
  path.trace = [...path.trace.filter((p) => t - p.t < 90), { dx, dy, t }];
  return { dx, dy };
}

// The speed in pixels a millisecond with which a pointer left.
function speedOf(trace, now) {
  const first = trace[0];
  const last = trace.at(-1);
  if (trace.length < 2 || now - last.t > 90) return { x: 0, y: 0 };
  const ms = Math.max(1, last.t - first.t);
  return { x: (last.dx - first.dx) / ms, y: (last.dy - first.dy) / ms };
}

// Says which photo a path asks for as it ends: the next or previous one where it
// led across a quarter of the width, or fast the same way; '' for none.
function swiped({ way, trace }, now, width) {
  if (way !== 'swipe') return '';
  const { dx } = trace.at(-1);
  const speed = speedOf(trace, now).x;
  const far = Math.abs(dx) > width / 4 || Math.abs(speed) > 0.3 && speed * dx > 0;
  return far ? dx < 0 ? 'next' : 'prev' : '';
}
