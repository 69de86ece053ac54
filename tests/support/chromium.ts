import { existsSync } from "node:fs";
import chromium from "@sparticuz/chromium";
import puppeteer, { type Browser } from "puppeteer-core";

/** Debian's Chromium where it is installed, otherwise the one that comes with the packages. */
export async function startChromium(): Promise<Browser> {
  const debian = "/usr/bin/chromium";
  const executablePath = existsSync(debian) ? debian : await chromium.executablePath();
  // Without a sandbox: it runs as root in CI and opens nothing but pages of this project.
  return puppeteer.launch({ executablePath, headless: existsSync(debian) ? true : "shell", args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}
