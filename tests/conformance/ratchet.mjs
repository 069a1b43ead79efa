#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Compares a report of the conformance runner with the committed counts: passes by area may only grow.
//   ratchet.mjs REPORT.json PASSES.tsv [--update]
// With --update the counts are written anew (only upwards, unless --force). Exit status 1 when an area
// passes fewer cases than it did.
import fs from 'node:fs';

const [reportFile, passesFile, ...flags] = process.argv.slice(2);
if (!passesFile) {
  console.error('usage: ratchet.mjs REPORT.json PASSES.tsv [--update [--force]]');
  process.exit(2);
}
const kinds = ['success', 'error', 'empty'];
const { areas } = JSON.parse(fs.readFileSync(reportFile, 'utf8'));

const known = {};
if (fs.existsSync(passesFile)) {
  const lines = fs.readFileSync(passesFile, 'utf8').split('\n').filter(l => l && !l.startsWith('#'));
  for (const line of lines) {
    const [area, ...counts] = line.split('\t');
    known[area] = Object.fromEntries(kinds.map((kind, i) => [kind, Number(counts[i])]));
  }
}

let fewer = 0;
const merged = { ...known };
for (const area of Object.keys(known)) {
  if (areas[area]) continue;
  console.log(`MISSING ${area}: no case of it ran`);
  fewer++;
}
for (const [area, counts] of Object.entries(areas)) {
  const row = {};
  for (const kind of kinds) {
    const now = counts[`${kind}_pass`], before = known[area]?.[kind] ?? 0;
    if (now < before) {
      console.log(`FEWER ${area}: ${kind} cases ${now}, were ${before}`);
      fewer++;
    }
    row[kind] = flags.includes('--force') ? now : Math.max(now, before);
  }
  merged[area] = row;
}
const sum = key => Object.values(areas).reduce((total, counts) => total + counts[key], 0);
for (const kind of kinds) {
  console.log(`${kind} cases: ${sum(`${kind}_pass`)} of ${sum(`${kind}_all`)} pass`);
}
if (flags.includes('--update')) {
  const rows = Object.keys(merged).sort().map(area => [area, ...kinds.map(k => merged[area][k])].join('\t'));
  fs.writeFileSync(passesFile,
    `# Conformance cases that pass: area, success, error, empty. Made by ./dev conformance --update.\n${rows.join('\n')}\n`);
  console.log(`wrote ${passesFile}`);
}
process.exit(fewer && !flags.includes('--force') ? 1 : 0);
