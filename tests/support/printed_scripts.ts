import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPO_ROOT } from "../../stack/repo_root.ts";

/** The fenced shell blocks of docs/format.md by the name of the script their usage line gives. */
export function printedScripts(): Map<string, string> {
  const text = readFileSync(join(REPO_ROOT, "docs", "format.md"), "utf8");
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  return new Map(blocks.flatMap((block): [string, string][] => {
    const name = /^# Usage: .*sh (\S+\.sh)$/m.exec(block)?.[1];
    return name === undefined ? [] : [[name, block]];
  }));
}
