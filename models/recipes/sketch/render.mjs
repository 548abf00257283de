// Renders the noun emoji (animals, food, travel, activities, objects) of one icon set as 128 px PNGs without a ground.
//
//   node render.mjs <folder with node_modules> <set: fluent-emoji-flat | noto | noto-v1> <out folder>
//
// One set a process: resvg aborts the whole process on a few drawings (skipped below).
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [home, set, out] = process.argv.slice(2);
const require = createRequire(path.resolve(home, 'package.json'));
const { Resvg } = require('@resvg/resvg-js');
const SIZE = 128;
const GROUPS = new Set([3, 4, 5, 6, 7]);
const ABORTS = new Set(['1f4e6', ...(set === 'noto-v1' ? ['1f41e', '2615', '1f378', '1f685', '1f691'] : [])]);

const icons = require(`@iconify-json/${set}/icons.json`);
// noto-v1 has no list of characters; its drawings bear noto's names.
const chars = require(`@iconify-json/${set.replace('-v1', '')}/chars.json`);
fs.mkdirSync(out, { recursive: true });
let count = 0;
const names = {};
for (const row of require('emojibase-data/en/data.json')) {
  const full = row.hexcode.toLowerCase();
  const code = full.replace(/-fe0f/g, '');
  if (!GROUPS.has(row.group) || code.includes('-') || ABORTS.has(code)) continue;
  const name = chars[full] ?? chars[code];
  let icon = icons.icons[name];
  if (!icon && icons.aliases?.[name]) icon = icons.icons[icons.aliases[name].parent];
  if (!icon) continue;
  const w = icon.width ?? icons.width ?? 16;
  const h = icon.height ?? icons.height ?? 16;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 ${w} ${h}" width="${SIZE}" height="${SIZE}">${icon.body}</svg>`;
  const png = new Resvg(svg, { fitTo: { mode: 'width', value: SIZE } }).render().asPng();
  fs.writeFileSync(path.join(out, `${code}.png`), png);
  names[code] = row.label;
  count += 1;
}
fs.writeFileSync(path.join(out, 'names.json'), JSON.stringify(names, null, 1));
console.log(`${set}: ${count} pictures`);
