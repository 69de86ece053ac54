import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runPgtap } from "../../scripts/run_pgtap.ts";
import type { RunSql } from "../../scripts/run_pgtap_file.ts";

/** The text of a file stands for the TAP it would print; "throw" stands for a SQL error. */
const echo: RunSql = async (text, onLine) => {
  for (const line of text.split("\n")) {
    if (line === "throw") throw new Error("division by zero");
    onLine(line);
  }
};

describe("runPgtap()", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "run-pgtap-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(files: Record<string, string>): Promise<{ exit: number; lines: string[] }> {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const lines: string[] = [];
    const exit = await runPgtap({
      databaseUrl: "postgres://unused", paths: [folder], runner: "own", runSql: echo, print: (line) => lines.push(line),
    });
    return { exit, lines };
  }

  it("adds the files up in the last line and returns 0", async () => {
    const { exit, lines } = await run({ "a.test.sql": "1..1\nok 1", "b.test.sql": "1..2\nok 1\nok 2", "note.txt": "1..9" });
    expect(exit).toBe(0);
    expect(lines.at(-1)).toBe("3 passed, 0 failed");
  });

  it("returns 1 for one bad file and still runs the files behind it", async () => {
    const { exit, lines } = await run({ "a.test.sql": "1..2\nok 1\nthrow", "b.test.sql": "1..1\nok 1" });
    expect(exit).toBe(1);
    expect(lines.at(-1)).toBe("2 passed, 1 failed");
    expect(lines).toContain("  SQL error division by zero");
  });

  it("returns 2 when there is nothing to run", async () => {
    const { exit, lines } = await run({});
    expect(exit).toBe(2);
    expect(lines.at(-1)).toBe("0 passed, 0 failed");
  });
});
