// Converts all logs that are named on the command line, once for each line of standard input, and says how many ms it took.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { harFromMessages } from 'chrome-har';

const texts = process.argv.slice(2).map(file => readFileSync(file, 'utf8'));
// All that it can make of a log, as ours does: what came from a cache too.
const options = { includeResourcesFromDiskCache: true, includeTextFromResponseBody: false };

for await (const _ of createInterface({ input: process.stdin })) {
  const begun = performance.now();
  let entries = 0;
  for (const text of texts) {
    entries += harFromMessages(JSON.parse(text), options).log.entries.length;
  }
  console.log(`${performance.now() - begun} ${entries}`);
}
