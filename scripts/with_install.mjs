// Runs a script of this repository after making sure that its packages are installed, so that one command is enough on a
// fresh clone. Plain JavaScript, because nothing else is there yet.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [script, ...args] = process.argv.slice(2);
const stamp = join(root, "node_modules", ".holdfast-lock");
const lock = createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 9)) {
  console.error(`error: Node.js ${process.versions.node} is too old\nhint: Install Node.js 20.9 or newer.`);
  process.exit(2);
}

// The lock file decides: a pull that changes a version installs it, and nothing is fetched twice.
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
  console.error("Installing packages (once) …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  // Not npm ci: it refuses a lock file that lacks the optional packages of platforms its registry does not carry.
  const installed = spawnSync(npm, ["install", "--no-save", "--loglevel=error"], { cwd: root, stdio: ["ignore", 2, "inherit"], shell: process.platform === "win32" });
  if (installed.status !== 0) {
    console.error("error: Cannot install the packages\nhint: Run npm install --no-save in this folder and look at its messages.");
    process.exit(3);
  }
  writeFileSync(stamp, lock);
}

// The command is quick to start in what follows.
const { isFresh } = await import(pathToFileURL(join(root, "cli", "bundle_freshness.mjs")).href);
if (!isFresh()) await (await import(pathToFileURL(join(root, "scripts", "build_bundle.mjs")).href)).buildBundle();

const { register } = await import(pathToFileURL(join(root, "node_modules", "tsx", "dist", "esm", "api", "index.mjs")).href);
register();
process.argv = [process.argv[0], join(root, script), ...args];
await import(pathToFileURL(join(root, script)).href);
