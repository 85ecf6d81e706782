// What a person's eye would find on a page, measured: in light and dark, on a phone and on a desktop.
const SCHEMES = ['light', 'dark'];
const SCREENS = [{ width: 360, height: 740 }, { width: 1280, height: 800 }];

// Runs in the page. Ratios are those of WCAG 2.2 (1.4.3); lengths are CSS pixels.
function measure() {
  const channels = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const luminance = ({ red, green, blue }) => [red, green, blue]
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = channels(getComputedStyle(one).backgroundColor);
      if (found.alpha === 1) return found;
    }
    return channels('rgb(255, 255, 255)');
  };
  const shown = (element) => element.getClientRects().length > 0;
  const all = [...document.body.querySelectorAll('*')].filter(shown);
  const withText = all.filter((one) => one.tagName === 'INPUT'
    || [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  const look = (one) => {
    const style = getComputedStyle(one);
    return {
      text: (one.innerText || one.name || '').slice(0, 40), height: one.getBoundingClientRect().height,
      width: one.getBoundingClientRect().width, background: style.backgroundColor, color: style.color,
      edge: ratio(channels(style.borderTopColor), ground(one.parentElement)),
    };
  };
  return {
    heading: document.querySelector('h1').innerText,
    declared: getComputedStyle(document.documentElement).colorScheme,
    font: getComputedStyle(document.body).fontFamily,
    background: getComputedStyle(document.body).backgroundColor,
    content: Math.max(document.documentElement.scrollWidth, ...all.map((one) => one.getBoundingClientRect().right)),
    contrasts: withText.map((one) => [
      (one.innerText || one.name).slice(0, 40), ratio(channels(getComputedStyle(one).color), ground(one)),
    ]),
    buttons: all.filter((one) => one.matches('button')).map(look),
    fields: all.filter((one) => one.matches('input')).map(look),
    scripts: document.querySelectorAll('script, [onclick], [onload]').length,
    resources: performance.getEntriesByType('resource').map((one) => one.name),
  };
}

export async function lookAt(page, log, screenshots) {
  const before = page.viewportSize();
  for (const colorScheme of SCHEMES) {
    for (const screen of SCREENS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(screen);
      const found = await page.evaluate(measure);
      log({ look: { ...found, scheme: colorScheme, viewport: screen.width } });
      if (screenshots) {
        const name = found.heading.toLowerCase().replace(/[^a-z]+/g, '-');
        await page.screenshot({ path: `${screenshots}-${name}-${colorScheme}-${screen.width}.png`, fullPage: true });
      }
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
}
