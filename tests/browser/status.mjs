// Opens the status page of a running agent as an officer would, and checks what only a browser can: that nothing but the page's
// own parts is asked for, that the console stays silent, that axe finds no barrier in light or dark, that the page fits a phone,
// and that all of it works without script.
//
//   node status.mjs ADDRESS [--screenshot FOLDER]
//
// CHROMIUM names the browser (default: /usr/bin/chromium). Exit code 1 when a check fails.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { screenshot: { type: "string" } } });
if (positionals.length !== 1) {
  console.error("usage: node status.mjs ADDRESS [--screenshot FOLDER]");
  process.exit(2);
}
const address = new URL(positionals[0]);
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
  { name: "phone", colorScheme: "light", viewport: { width: 320, height: 700 } },
  { name: "without script", colorScheme: "dark", viewport: { width: 320, height: 700 }, javaScriptEnabled: false },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
});
try {
  for (const { name, ...look } of looks) {
    const context = await browser.newContext(look);
    const page = await context.newPage();
    const noise = [];
    const requests = [];
    page.on("console", (message) => noise.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => noise.push(`error: ${error.message}`));
    page.on("request", (request) => new URL(request.url()).origin !== address.origin && requests.push(request.url()));
    const answer = await page.goto(address.href, { waitUntil: "load" });
    check(`${name}: it is there`, answer.status() === 200 ? [] : [`status ${answer.status()}`]);
    if (values.screenshot) {
      await page.screenshot({ path: join(values.screenshot, `${name.replaceAll(" ", "-")}.png`), fullPage: true });
    }
    if (look.javaScriptEnabled !== false) {
      check(`${name}: headings, language, landmarks, tables`, await page.evaluate(structure));
      check(`${name}: fits the width of the window`, await page.evaluate(overflow));
      // The page's own policy lets no script in, so the checker's is put there by the browser itself.
      await page.evaluate(await (await import("node:fs/promises")).readFile(axe, "utf8"));
      check(`${name}: axe finds no barrier`, await page.evaluate(barriers));
    } else {
      const heading = await page.locator("h2").first().textContent();
      check(`${name}: it says how things stand`, heading.trim() === "" ? ["there is no heading"] : []);
    }
    if (name === "light") {
      await page.keyboard.press("Tab");
      check("the first key press reaches the skip link", await page.evaluate(skipLink));
      const policy = answer.headers()["content-security-policy"] ?? "";
      check("the policy forbids script", policy.startsWith("default-src 'none'") ? [] : [policy]);
      const before = noise.length;
      check("the policy is kept", await page.evaluate(injected));
      // That the browser speaks of what it kept out is as it should be.
      noise.splice(before);
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
  for (const landmark of ["header", "main", "footer"]) if (!document.querySelector(landmark)) faults.push(`no ${landmark}`);
  if (document.querySelector("script, form, iframe")) faults.push("the page has a script, a form or a frame");
  const tables = [...document.querySelectorAll("table")];
  const bare = tables.filter((table) => !table.caption || !table.querySelector("th[scope=col]") || !table.querySelector("th[scope=row]"));
  if (bare.length > 0) faults.push(`${bare.length} tables without a caption or headers`);
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

// A script that somehow got into the page must not run.
async function injected() {
  const script = document.createElement("script");
  script.textContent = "window.injected = true";
  document.body.append(script);
  await new Promise((done) => setTimeout(done, 100));
  script.remove();
  return window.injected ? ["a script that was put into the page ran"] : [];
}
