// Opens a report as a council officer would, without a network, and checks what only a browser can: that nothing is
// loaded from elsewhere, that the console stays silent, that axe finds no barrier in light or dark, that the page fits
// a phone, and that all of it can be read on paper.
//
//   node report.mjs PAGE.html [--screenshot FOLDER]
//
// CHROMIUM names the browser (default: /usr/bin/chromium). Exit code 1 when a check fails.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { screenshot: { type: "string" } } });
if (positionals.length !== 1) {
  console.error("usage: node report.mjs PAGE.html [--screenshot FOLDER]");
  process.exit(2);
}
const address = pathToFileURL(resolve(positionals[0])).href;
if (values.screenshot) mkdirSync(values.screenshot, { recursive: true });
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let passed = 0;
let failed = 0;
function check(name, faults) {
  if (faults.length === 0) passed += 1;
  else failed += 1;
  console.log(`${faults.length === 0 ? "ok  " : "FAIL"} ${name}`);
  for (const fault of faults) console.log(`     ${fault}`);
}

const looks = [
  { name: "light", colorScheme: "light", viewport: { width: 1200, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1200, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 375, height: 800 } },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
});
try {
  for (const { name, ...look } of looks) {
    const context = await browser.newContext({ ...look, offline: true });
    const page = await context.newPage();
    const noise = [];
    const requests = [];
    page.on("console", (message) => noise.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => noise.push(`error: ${error.message}`));
    page.on("request", (request) => request.url() !== address && requests.push(request.url()));
    await page.addInitScript({ path: axe });
    await page.goto(address, { waitUntil: "load" });

    const shoot = (what) =>
      values.screenshot && page.screenshot({ path: join(values.screenshot, `${what}.png`), fullPage: true });
    await shoot(name);
    check(`${name}: headings and language`, await page.evaluate(structure));
    check(`${name}: fits the width of the window`, await page.evaluate(overflow));
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    check(`${name}: fits the width with every help panel open`, await page.evaluate(overflow));
    check(`${name}: axe finds no barrier`, await page.evaluate(barriers));
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = false)));

    if (name === "light") {
      await page.keyboard.press("Tab");
      check("the first key press reaches the skip link", await page.evaluate(skipLink));
      await page.emulateMedia({ media: "print" });
      check("closed help panels are printed", await page.evaluate(hiddenOnPaper));
      if (values.screenshot) await page.pdf({ path: join(values.screenshot, "print.pdf"), preferCSSPageSize: true });
    }
    check(`${name}: nothing is loaded from elsewhere`, requests);
    check(`${name}: the console stays silent`, noise);
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

// What follows runs inside the page.

function structure() {
  const faults = [];
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((one) => Number(one.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) faults.push("there must be exactly one h1");
  if (levels.some((level, place) => place > 0 && level > levels[place - 1] + 1)) faults.push("a heading level is skipped");
  if (!document.documentElement.lang.startsWith("en")) faults.push("the page names no language");
  if (!document.querySelector("meta[http-equiv=Content-Security-Policy]")) faults.push("the page has no policy");
  if (document.querySelector("script")) faults.push("the page has a script");
  const bare = [...document.querySelectorAll("table")].filter((table) => !table.caption).length;
  if (bare > 0) faults.push(`${bare} tables without a caption`);
  return faults;
}

function overflow() {
  const excess = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return excess > 0 ? [`the page is ${excess} pixels wider than the window`] : [];
}

async function barriers() {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}`));
}

function skipLink() {
  const link = document.activeElement;
  const target = link?.getAttribute("href")?.startsWith("#") && document.querySelector(link.getAttribute("href"));
  const seen = link && link.getBoundingClientRect().top >= 0;
  return target && seen ? [] : ["it does not, or cannot be seen, or leads nowhere"];
}

async function hiddenOnPaper() {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const panels = [...document.querySelectorAll("details > :not(summary)")];
  const hidden = panels.filter((panel) => !panel.checkVisibility({ contentVisibilityAuto: true }));
  return hidden.map((panel) => panel.parentElement.querySelector("summary").textContent);
}
