import { existsSync, readdirSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Folders whose code the command consists of, with the file that says which packages it gets. */
const SOURCES = ["cli", "functions/_shared", "stack", "package.json"];

/** The command in one file, see scripts/build_bundle.mjs. */
export const BUNDLE = join(ROOT, "build", "holdfast.mjs");

/** Folders count too: their time changes when a file is added, renamed or deleted. */
function newestChange(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestChange(join(path, name))), stat.mtimeMs);
}

/** Whether the bundle holds the sources as they are. In an installed package it came with them, and times say nothing. */
export function isFresh() {
  if (!existsSync(BUNDLE)) return false;
  if (ROOT.split(sep).includes("node_modules")) return true;
  const built = statSync(BUNDLE).mtimeMs;
  return SOURCES.every((path) => newestChange(join(ROOT, path)) <= built);
}
