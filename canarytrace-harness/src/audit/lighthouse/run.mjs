// Runs Lighthouse for Canarytrace, in a browser that is there already.
//
// The first line of standard input is one JSON object with what is wanted; standard output is one JSON object with what
// came of it, and nothing else. What Lighthouse has to say goes to standard error. Report and trace become files, since
// they are large. When standard input ends, whoever wanted the audit is gone, and the browser ends with it.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import lighthouse, { generateReport } from 'lighthouse';
import log from 'lighthouse-logger';
import puppeteer from 'puppeteer-core';

// Standard output is ours alone.
console.log = console.info = console.debug = console.error;

const version = JSON.parse(
  readFileSync(new URL('./node_modules/lighthouse/package.json', import.meta.url), 'utf8'),
).version;

/** The password of the target, for its origins and for nobody else, and once a request: a second question says no. */
async function answerPasswords(session, { origins, username, password }) {
  const asked = new Set();
  session.on('Fetch.requestPaused', ({ requestId }) => {
    session.send('Fetch.continueRequest', { requestId }).catch(() => {});
  });
  session.on('Fetch.authRequired', ({ requestId, authChallenge }) => {
    const ours = authChallenge.source !== 'Proxy' && origins.includes(authChallenge.origin);
    let authChallengeResponse = { response: 'Default' };
    if (ours) {
      authChallengeResponse = asked.has(requestId)
        ? { response: 'CancelAuth' }
        : { response: 'ProvideCredentials', username, password };
      asked.add(requestId);
    }
    session.send('Fetch.continueWithAuth', { requestId, authChallengeResponse }).catch(() => {});
  });
  const patterns = origins.map((origin) => ({ urlPattern: `${origin}/*` }));
  await session.send('Fetch.enable', { handleAuthRequests: true, patterns });
}

async function audit(browser, asked) {
  const [page] = await browser.pages();
  const session = await page.createCDPSession();
  if (asked.cookies.length > 0) {
    await session.send('Storage.setCookies', { cookies: asked.cookies });
  }
  if (asked.auth) {
    await answerPasswords(session, asked.auth);
  }
  const { lhr, artifacts } = await lighthouse(asked.url, asked.flags, undefined, page);
  // Headers may be secrets, and the report shows its settings.
  delete lhr.configSettings?.extraHeaders;
  if (asked.report) {
    writeFileSync(asked.report, generateReport(lhr, 'html'));
  }
  if (asked.trace) {
    writeFileSync(asked.trace, JSON.stringify(artifacts.Trace ?? null));
  }
  // A picture of the whole page, which only the report shows.
  delete lhr.fullPageScreenshot;
  return { lhr };
}

async function main() {
  const lines = createInterface({ input: process.stdin });
  let browser;
  let over = false;
  const line = await new Promise((resolve) => {
    lines.once('line', resolve);
    lines.once('close', async () => {
      if (!over) {
        await browser?.close().catch(() => {});
        process.exit(1);
      }
    });
  });
  const asked = JSON.parse(line);
  log.setLevel(asked.flags.logLevel);
  browser = await puppeteer.connect({ browserWSEndpoint: asked.browser, defaultViewport: null });
  let result;
  try {
    result = await audit(browser, asked);
  } catch (error) {
    result = { error: { code: error.code ?? error.name ?? 'Error', message: error.friendlyMessage ?? error.message } };
  }
  over = true;
  await new Promise((written) => process.stdout.write(JSON.stringify(result), written));
  process.exit(0);
}

if (process.argv[2] === '--version') {
  process.stdout.write(`${version}\n`);
} else {
  await main();
}
