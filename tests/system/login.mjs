#!/usr/bin/env node
// A person at a browser: headless Chromium signs in at oidc-provider's pages or at the sandbox's. Used as $BROWSER.
// usage: login.mjs URL..., with LOGIN_LOG=FILE (a JSON line an event) and, if wished, LOGIN_USER, LOGIN_LOOKS=1 (each page
// is measured, see look.mjs), LOGIN_SCREENSHOTS=PREFIX and LOGIN_ACTION=approve|deny|close|stay: say yes, say no, close
// the browser without an answer, watch the page until this process is ended.
import fs from 'node:fs';
import { chromium } from 'playwright-core';
import { lookAt } from './look.mjs';

const urls = process.argv.slice(2);
const { LOGIN_USER: user = 'alice', LOGIN_ACTION: action = 'approve', LOGIN_SCREENSHOTS: screenshots } = process.env;
const looks = process.env.LOGIN_LOOKS !== undefined;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
const MOST_PAGES = 6;

const log = (event) => fs.appendFileSync(process.env.LOGIN_LOG ?? '/dev/stderr', `${JSON.stringify(event)}\n`);

// Whatever happens, nothing is left running: Chromium ends with this process.
setTimeout(() => { log({ error: 'the person took too long' }); process.exit(1); }, 60_000).unref();

log({ pid: process.pid });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, chromiumSandbox: false,
  // oidc-provider's pages ask for a font of the web: nothing may leave loopback.
  handleSIGTERM: false,
  args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE ::1',
    '--no-proxy-server', '--disable-gpu', '--disable-quic'],
});
const leave = async () => {
  await browser.close();
  log({ closed: true });
  process.exit();
};
process.on('SIGTERM', leave);
try {
  const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
  await context.route((to) => !LOOPBACK.includes(to.hostname), (route) => {
    log({ foreign: new URL(route.request().url()).origin });
    return route.abort();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => message.type() === 'error' && log({ console: message.text() }));
  page.on('pageerror', (error) => log({ console: String(error) }));

  // The next page is there once the main frame has it, after however many redirects.
  const follow = async (move) => {
    const next = page.waitForEvent('framenavigated', (frame) => frame === page.mainFrame());
    const [answer] = await Promise.all([
      page.waitForEvent('response', (one) => one.request().isNavigationRequest() && ![302, 303].includes(one.status())),
      next, move(),
    ]);
    await page.waitForLoadState('load');
    const { origin, pathname, searchParams, hash } = new URL(page.url());
    log({ page: {
      origin, path: pathname, query: [...searchParams.keys()], hash, status: answer.status(),
      title: await page.title(), text: await page.locator('body').innerText(),
    } });
    if (looks) await lookAt(page, log, screenshots);
  };
  const shown = async (selector) => (await page.locator(selector).count()) > 0;
  const answer = async () => {
    if (await shown('input[name=login]')) { // oidc-provider: who is there?
      if (action === 'deny') return () => page.click('a[href*=abort]');
      await page.fill('input[name=login]', user);
      await page.fill('input[name=password]', `${user}-password`);
      return () => page.click('button[type=submit]');
    }
    if (await shown('input[name=prompt][value=consent]')) return () => page.click('button[type=submit]');
    if (await shown('input[name=username]')) { // the sandbox: who is there?
      await page.fill('input[name=username]', user);
      await page.fill('input[name=password]', `${user}-password`);
      return () => page.click('button[name=action][value=signin]');
    }
    if (await shown('button[name=action][value=approve]')) {
      return () => page.click(`button[name=action][value=${action}]`);
    }
    return null; // nothing is asked any more
  };

  for (const url of urls) await follow(() => page.goto(url));
  if (action === 'stay') {
    page.on('load', async () => log({ reloaded: await page.locator('body').innerText() }));
    await new Promise(() => {});
  }
  for (let i = 0; action !== 'close' && i < MOST_PAGES; i += 1) {
    const move = await answer();
    if (!move) break;
    await follow(move);
  }
} catch (error) {
  log({ error: String(error).slice(0, 600) });
  process.exitCode = 1;
}
await leave();
