// Thumbnails by sharp: a worker that reads a line of JSON for each photo and
// writes one with what it took, times in nanoseconds.
'use strict';
const fs = require('node:fs');
const readline = require('node:readline');
const sharp = require('sharp');

const quality = Number(process.argv[2]);
sharp.concurrency(1);
sharp.cache(false);

async function answer(order) {
  const before = process.cpuUsage();
  if (order.encode) {
    await sharp(order.encode).jpeg({ quality: order.quality, mozjpeg: order.mozjpeg }).toFile(order.out);
    return sample(before, order.out);
  }
  // Profiles are ignored, as by all others here: converting to sRGB takes time.
  const image = sharp(order.photo, { ignoreIcc: true, failOn: 'none' })
    .autoOrient()
    .resize(order.side, order.side, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#fff' });
  if (order.picture) {
    await image.png({ compressionLevel: 1 }).toFile(order.out);
  } else {
    await image.jpeg({ quality }).toFile(order.out);
  }
  return sample(before, order.out);
}

function sample(before, out) {
  const used = process.cpuUsage(before);
  return { cpu: 1000 * (used.user + used.system), bytes: fs.statSync(out).size };
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let result;
    try {
      result = await answer(JSON.parse(line));
    } catch (error) {
      result = { error: String(error.message) };
    }
    process.stdout.write(JSON.stringify(result) + '\n');
  }
})();
