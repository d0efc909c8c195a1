// Opens every page that it is told of in a real browser and prints, as JSON, what it saw.
// Standard input: {"chromium": path, "root": folder, "pages": [file, ...], "widths": [...], "pictured": ["light 390", ...],
// "pictures": folder}.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const asked = JSON.parse(fs.readFileSync(0, "utf8"));
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// Without these the browser itself asks hosts of its maker's.
const quiet = ["background-networking", "component-update", "sync", "quic", "gpu", "default-apps"];
const args = ["--no-sandbox", "--no-first-run", ...quiet.map((each) => `--disable-${each}`)];
const PAPER = 718; // CSS pixels between the margins of a sheet of A4

const browser = await chromium.launch({ executablePath: asked.chromium, args });
const seen = {};
for (const file of asked.pages) {
  seen[file] = { requests: [], findings: [], wide: [], overlaps: [], alerts: [], unseen: [], tabs: 0, links: 0 };
  const page = await opened(file, {}, seen[file]);
  for (const scheme of ["light", "dark"]) await inScheme(page, file, scheme, seen[file]);
  await onPaper(page, file, seen[file]);
  await page.context().close();
  await byKeyboard(file, seen[file]);
}
await browser.close();
console.log(JSON.stringify(seen));

async function opened(file, options, found) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("request", (request) => found.requests.push(request.url()));
  page.on("dialog", (dialog) => { found.alerts.push(dialog.message()); dialog.dismiss(); });
  await page.goto(pathToFileURL(path.join(asked.root, file)).href);
  return page;
}

async function inScheme(page, file, scheme, found) {
  await page.emulateMedia({ colorScheme: scheme });
  for (const width of asked.widths) {
    await page.setViewportSize({ width, height: 900 });
    await measured(page, `${width} px, ${scheme}`, found);
    if (asked.pictured.includes(`${scheme} ${width}`)) {
      await page.screenshot({ path: picture(file, `${scheme}_${width}`), fullPage: true });
    }
  }
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const each of result.violations) {
    const where = each.nodes.map((node) => node.target.join(" ")).slice(0, 3).join("; ");
    found.findings.push({ id: each.id, impact: each.impact, scheme, help: each.help, where });
  }
}

async function onPaper(page, file, found) {
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  await page.setViewportSize({ width: PAPER, height: 1000 });
  await measured(page, "on paper", found);
  await page.screenshot({ path: picture(file, "print"), fullPage: true });
}

async function measured(page, how, found) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (over > 0) found.wide.push(`${how}: ${over} px too wide`);
  for (const pair of await page.evaluate(overlaps)) found.overlaps.push(`${how}: ${pair}`);
}

/** The words beside a chart of which one stands on another. */
function overlaps() {
  const found = [];
  for (const graph of document.querySelectorAll(".graph")) {
    const words = [...graph.querySelectorAll("span")].map((one) => [one.textContent, one.getBoundingClientRect()]);
    words.forEach(([one, a], place) => {
      for (const [other, b] of words.slice(place + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 1) found.push(`${one} | ${other}`);
      }
    });
  }
  return found;
}

/** With scripts off: what the page does, it does by itself. */
async function byKeyboard(file, found) {
  const page = await opened(file, { javaScriptEnabled: false }, found);
  found.links = await page.locator("a[href], summary, button, [tabindex='0']").count();
  for (let step = 0; step < found.links; step += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      const style = getComputedStyle(one);
      const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
      const inside = one.getBoundingClientRect().left >= 0;
      return { name: one.textContent.trim().slice(0, 40), drawn: drawn && inside };
    });
    if (focused === null) break;
    found.tabs += 1;
    if (!focused.drawn) found.unseen.push(focused.name);
  }
  await page.context().close();
}

function picture(file, how) {
  return path.join(asked.pictures, `${file.replaceAll("/", "_").replace(".html", "")}_${how}.png`);
}
