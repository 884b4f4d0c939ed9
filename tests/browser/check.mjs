// Opens report pages in a real browser and fails unless each of them loads nothing but itself, says nothing on the
// console, passes axe in light, dark and print, never scrolls sideways on a phone, shows no text under 11 pixels,
// sorts its tables, and prints as a tagged PDF.
//
//     node check.mjs PAGE.html [PAGE.html ...]
//
// CHROMIUM names the browser; /usr/bin/chromium is taken when it is unset.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pages = process.argv.slice(2);
if (pages.length === 0) {
  console.error("usage: node check.mjs PAGE.html [PAGE.html ...]");
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let passed = 0;
const faults = [];

for (const path of pages) {
  const url = pathToFileURL(resolve(path)).href;
  const claim = (name, fault) => {
    if (fault) faults.push(`${path}: ${name}: ${fault}`);
    else passed += 1;
  };

  for (const scheme of ["light", "dark"]) {
    for (const width of [1100, 320]) {
      const where = `${scheme} at ${width}`;
      const { page, requests, spoken } = await open(url, { colorScheme: scheme, viewport: { width, height: 900 } });
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      claim(`${where}: requests`, requests.filter((request) => request !== url).join(", "));
      claim(`${where}: console`, spoken.join("; "));
      claim(`${where}: sideways scroll`, await overflow(page));
      claim(`${where}: small text`, await smallText(page));
      claim(`${where}: axe`, await violations(page));
      await page.context().close();
    }
  }

  const { page } = await open(url, { colorScheme: "dark", viewport: { width: 700, height: 900 } });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  claim("print: axe", await violations(page));
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  claim("print: paper is white", paper === "rgb(255, 255, 255)" ? "" : paper);
  claim("print: small text", await smallText(page));
  const pdf = await page.pdf({ format: "A4", tagged: true });
  claim("print: tagged PDF", pdf.includes("/MarkInfo") ? "" : "no /MarkInfo");
  await page.context().close();

  const sorted = await open(url, { viewport: { width: 1100, height: 900 } });
  claim("sorting", await sorting(sorted.page));
  await sorted.page.context().close();

  const plain = await open(url, { javaScriptEnabled: false, viewport: { width: 1100, height: 900 } });
  const figures = await plain.page.locator("svg.wide").count();
  const seen = await plain.page.locator("svg.wide:visible").count();
  claim("without scripts: drawings", figures === seen ? "" : `${seen} of ${figures} seen`);
  await plain.page.context().close();
}

await browser.close();
for (const fault of faults) console.error(`FAILED ${fault}`);
console.log(`${passed} passed, ${faults.length} failed`);
process.exit(faults.length === 0 ? 0 : 1);

async function open(url, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const requests = [];
  const spoken = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => spoken.push(message.text()));
  page.on("pageerror", (error) => spoken.push(error.message));
  page.on("dialog", (dialog) => {
    spoken.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(url, { waitUntil: "load" });
  return { page, requests, spoken };
}

// The page's own policy forbids added scripts: axe comes in as an expression of the debugger.
async function violations(page) {
  await page.evaluate(`${axe}; undefined`);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return violations.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 120)}`).join("; ");
}

async function overflow(page) {
  return page.evaluate(() => {
    const root = document.scrollingElement;
    return root.scrollWidth > root.clientWidth ? `${root.scrollWidth} wide in ${root.clientWidth}` : "";
  });
}

async function smallText(page) {
  return page.evaluate(() => {
    for (const text of document.querySelectorAll("svg text")) {
      if (text.getClientRects().length === 0) continue;
      const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a;
      if (size < 11) return `${size.toFixed(1)} px: ${text.textContent}`;
    }
    return "";
  });
}

// A click on a column of numbers puts the greatest first, a second one last.
async function sorting(page) {
  const table = page.locator("table.sortable").first();
  if ((await table.count()) === 0) return "";
  const head = table.locator("thead th.num").first();
  if ((await head.count()) === 0) return "";
  const column = await head.evaluate((one) => one.cellIndex);
  const values = () =>
    table.locator("tbody tr").evaluateAll((rows, at) => rows.map((row) => Number(row.cells[at].dataset.v)).filter((v) => !isNaN(v)), column);
  await head.getByRole("button").click();
  const down = await values();
  const wasDown = await head.getAttribute("aria-sort");
  await head.getByRole("button").click();
  const up = await values();
  const isOrdered = (list, sign) => list.every((value, at) => at === 0 || sign * (value - list[at - 1]) >= 0);
  if (wasDown !== "descending" || !isOrdered(down, -1)) return `not descending: ${down}`;
  if ((await head.getAttribute("aria-sort")) !== "ascending" || !isOrdered(up, 1)) return `not ascending: ${up}`;
  return "";
}
