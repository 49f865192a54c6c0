// Says as JSON what libvips, which reads Ultra HDR with libultrahdr, finds of a gain map in each of
// the files named: its own XMP, and its values in a grid of 8 x 8.
import sharp from 'sharp';

const found = await Promise.all(process.argv.slice(2).map(async (file) => {
  const { width, height, gainMap } = await sharp(file).metadata();
  if (!gainMap) return { width, height };
  const map = await sharp(gainMap.image).metadata();
  const values = await sharp(gainMap.image).greyscale().resize(8, 8, { fit: 'fill' }).raw().toBuffer();
  return { width, height, mapWidth: map.width, xmp: map.xmp?.toString() ?? '', values: [...values] };
}));
process.stdout.write(JSON.stringify(found));
