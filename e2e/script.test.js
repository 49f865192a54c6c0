// Tests of the script's pure parts: those that know no page. The files are joined
// by the program, so each is read as it is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

// Returns what a file of the script declares under the given names.
function load(file, ...names) {
  const code = readFileSync(new URL(`../assets/script/${file}.js`, import.meta.url), 'utf8');
  return new Function(`'use strict'; ${code}; return { ${names.join()} };`)();
}

const { clamp, fitted, limits, atEdge, greatest, placeAt } = load('geometry', 'clamp', 'fitted', 'limits', 'atEdge', 'greatest', 'placeAt');
const { startPath, follow, speedOf, swiped } = load('swipe', 'startPath', 'follow', 'speedOf', 'swiped');

const { pickSharp } = load('pick', 'pickSharp');

test('pickSharp picks the smallest preview that is sharp, else the original', () => {
  const page = { src: '/a/_thumbs/1600/x.jpg?v=1', width: 6000, height: 4000 };
  const pick = (w, ratio, of = page) => pickSharp(of, '/a/x.jpg/?sort=date', { w, h: w / 2 }, ratio, '1600 2560 4096');
  for (const [w, ratio, want] of [[1440, 1, 1600], [1760, 1, 1600], [1761, 1, 2560], [1350, 2, 2560], [1440, 2, 4096], [390, 3, 1600], [1501, 3, 4096]]) {
    assert.equal(pick(w, ratio), `/a/_thumbs/${want}/x.jpg?v=1`, `${w} x ${ratio}`);
  }
  assert.equal(pick(1502, 3), '/a/x.jpg');
  assert.equal(pick(2000, 3, { ...page, width: 1800, height: 1200 }), '/a/_thumbs/2560/x.jpg?v=1'); // it has no more
  assert.equal(pick(2000, 3, { ...page, width: 1500, height: 1200 }), page.src);
  assert.equal(pick(2000, 2, { ...page, src: '/a/x.jpg' }), '/a/x.jpg'); // shown itself
});

test('clamp keeps a value within a limit each way', () => {
  for (const [value, limit, want] of [[0, 0, 0], [5, 10, 5], [-5, 10, -5], [15, 10, 10], [-15, 10, -10], [3, 0, 0]]) {
    assert.equal(clamp(value, limit) + 0, want, `${value} within ${limit}`); // -0 + 0 is 0
  }
});

test('fitted fills the room, and enlarges no further than it may', () => {
  const room = { w: 400, h: 800 };
  for (const [photo, enlarge, want] of [
    [{ w: 4000, h: 3000 }, 1, { w: 400, h: 300 }],
    [{ w: 1000, h: 4000 }, 1, { w: 200, h: 800 }],
    [{ w: 100, h: 50 }, 1, { w: 100, h: 50 }],
    [{ w: 100, h: 50 }, Infinity, { w: 400, h: 200 }],
    [{ w: 400, h: 800 }, 1, { w: 400, h: 800 }],
  ]) assert.deepEqual(fitted(photo, room, enlarge), want);
});

test('limits let a photo move only as far as it covers the room', () => {
  const room = { w: 400, h: 800 };
  const box = { w: 400, h: 300 };
  assert.deepEqual(limits(box, room, 1), { x: 0, y: 0 });
  assert.deepEqual(limits(box, room, 2), { x: 200, y: 0 }); // still lower than the room
  assert.deepEqual(limits(box, room, 4), { x: 600, y: 200 });
});

test('atEdge knows where a photo cannot be moved any further', () => {
  for (const [place, limit, way, want] of [
    [0, 100, 1, false], [0, 100, -1, false], [100, 100, 1, true], [100, 100, -1, false], [-99.5, 100, -1, true],
    [-100, 100, 1, false], [0, 0, 1, true], [0, 0, -1, true],
  ]) assert.equal(atEdge(place, limit, way), want, `${place} of ${limit}, ${way}`);
});

test('greatest is two device pixels a pixel, or thrice the fit', () => {
  assert.equal(greatest({ w: 400 }, 4000, 1), 20);
  assert.equal(greatest({ w: 400 }, 4000, 2), 10);
  assert.equal(greatest({ w: 400 }, 400, 3), 3);
});

test('placeAt keeps a point of the photo under the finger', () => {
  // What is at a point of the room, as a place in the unscaled photo.
  const under = ({ scale, x, y }, at) => ({ x: (at.x - x) / scale, y: (at.y - y) / scale });
  for (const zoom of [{ scale: 1, x: 0, y: 0 }, { scale: 2.5, x: 90, y: -40 }]) {
    for (const scale of [1, 0.6, 4, 17]) {
      for (const [from, to] of [[{ x: 0, y: 0 }], [{ x: -120, y: 33 }], [{ x: -120, y: 33 }, { x: 70, y: 12 }]]) {
        const place = placeAt(zoom, scale, from, to);
        const [was, is] = [under(zoom, from), under({ scale, ...place }, to ?? from)];
        assert.ok(Math.hypot(was.x - is.x, was.y - is.y) < 1e-9, JSON.stringify({ zoom, scale, from, to }));
      }
    }
  }
});

// Follows a path through points of [x, y, ms].
function walk([x, y], ...points) {
  const path = startPath({ x, y });
  for (const [px, py, timeStamp] of points) follow(path, { x: px, y: py, timeStamp });
  return path;
}

test('follow says how far a pointer is, and which way it went at first', () => {
  const path = startPath({ x: 100, y: 50 });
  assert.deepEqual(follow(path, { x: 105, y: 52, timeStamp: 0 }), { dx: 5, dy: 2 });
  assert.equal(path.way, '', 'a trembling finger goes no way');
  follow(path, { x: 110, y: 52, timeStamp: 10 });
  assert.equal(path.way, 'swipe');
  follow(path, { x: 110, y: 400, timeStamp: 20 });
  assert.equal(path.way, 'swipe', 'the way stays that of its beginning');
  assert.equal(walk([0, 0], [3, 20, 0]).way, 'pull');
  assert.equal(walk([0, 0], [-3, -20, 0]).way, 'pull');
});

test('speedOf is that of the last 90 ms', () => {
  const near = (got, x, y) => assert.ok(Math.abs(got.x - x) < 1e-9 && Math.abs(got.y - y) < 1e-9, JSON.stringify(got));
  near(speedOf([], 0), 0, 0);
  near(speedOf(walk([0, 0], [50, 0, 10]).trace, 12), 0, 0); // one place alone has no speed
  near(speedOf(walk([0, 0], [10, 0, 0], [30, -20, 40]).trace, 45), 0.5, -0.5);
  near(speedOf(walk([0, 0], [10, 0, 0], [30, 0, 40]).trace, 131), 0, 0); // it rested
  near(speedOf(walk([0, 0], [500, 0, 0], [510, 0, 1000], [520, 0, 1040]).trace, 1040), 0.25, 0); // the beginning is forgotten
  near(speedOf(walk([0, 0], [10, 0, 5], [20, 0, 5]).trace, 5), 10, 0); // both at once
});

test('swiped tells a swipe from what is none', () => {
  for (const [name, path, now, want] of [
    ['far to the left', walk([300, 0], [280, 0, 0], [100, 2, 500]), 900, 'next'],
    ['far to the right', walk([100, 0], [120, 0, 0], [300, 2, 500]), 900, 'prev'],
    ['fast', walk([300, 0], [280, 0, 0], [250, 0, 60]), 65, 'next'],
    ['fast, but it rested', walk([300, 0], [280, 0, 0], [250, 0, 60]), 200, ''],
    ['a quarter is not enough', walk([300, 0], [280, 0, 0], [200, 0, 600]), 900, ''],
    ['fast back again', walk([300, 0], [220, 0, 0], [280, 0, 80]), 85, ''],
    ['far down', walk([300, 0], [300, 40, 0], [100, 300, 500]), 900, ''],
    ['a tap', startPath({ x: 1, y: 1 }), 10, ''],
  ]) assert.equal(swiped(path, now, 400), want, name);
});
