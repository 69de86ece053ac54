import { describe, expect, it } from "vitest";
import { createPalette } from "../../../cli/palette.ts";
import { actionOf, countLines, formatPlan } from "../../../cli/install/format_plan.ts";
import type { FileChange, Kept } from "../../../cli/install/plan_install.ts";

const change = (path: string, before: string | null, after: string | null): FileChange => ({ path, before: before === null ? null : Buffer.from(before), after: after === null ? null : Buffer.from(after) });
const format = (changes: FileChange[], given: { verbose?: boolean; kept?: Kept[]; colour?: boolean } = {}) =>
  formatPlan({ installed: null, version: "1.0.0", migrations: [], changes, kept: given.kept ?? [] }, createPalette(given.colour ?? false), given.verbose ?? false);

describe("formatPlan()", () => {
  const changes = [change("supabase/holdfast/one/a.ts", null, "1\n2\n"), change("supabase/holdfast/one/b/c.ts", null, "1\n"), change("supabase/holdfast/deno.json", null, "{}"), change("supabase/holdfast/old.ts", "1\n", null)];
  it("formatPlan() sums new files up by folder, with their lines, and names the others", () => {
    expect(format(changes)).toBe("add     supabase/holdfast/one/       2 files, 3 lines\nadd     supabase/holdfast/deno.json  1 line\nremove  supabase/holdfast/old.ts     1 line");
  });
  it("formatPlan() shows them in full when asked, from and to nothing", () => {
    const shown = format(changes, { verbose: true });
    expect(shown).toContain("--- /dev/null\n+++ supabase/holdfast/one/a.ts\n@@ -0,0 +1,2 @@\n+1\n+2");
    expect(shown).toContain("--- supabase/holdfast/old.ts\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-1");
  });
  it("formatPlan() shows a change as a unified diff, a long one only when asked", () => {
    expect(format([change("supabase/holdfast/a.ts", "1\n2\n3\n4\n5\n", "1\n2\n3\n4\nfive\n")])).toContain("--- supabase/holdfast/a.ts\n+++ supabase/holdfast/a.ts\n@@ -2,4 +2,4 @@\n 2\n 3\n 4\n-5\n+five");
    const long = [change("supabase/holdfast/a.ts", "x\n".repeat(90), "y\n".repeat(91))];
    expect(format(long)).toContain("91 lines added, 90 removed; --verbose shows them");
    expect(format(long)).not.toContain("+y");
    expect(format(long, { verbose: true }).split("\n+y")).toHaveLength(92);
  });
  it("formatPlan() shows nothing of config.toml but the lines it changes: others may hold secrets", () => {
    const [own, ours] = ['token = "hunter2"', "[functions.one]"];
    for (const [before, after] of [[`${own}\n`, `${own}\n${ours}\n`], [own, `${own}\n${ours}\n`], [`a = 1\r\n${own}`, `a = 1\r\n${own}\r\n${ours}\r\n`]] as const) {
      const shown = format([change("supabase/config.toml", before, after)], { verbose: true });
      expect(shown).toContain("+[functions.one]");
      expect(shown).not.toContain("hunter2");
    }
  });
  it("formatPlan() lists what stays edited, and colours added and removed lines", () => {
    expect(format([], { kept: [{ path: "supabase/holdfast/a.ts", reason: "edited" }] })).toBe("Edited in this project, and left alone:\n  supabase/holdfast/a.ts (edited)");
    expect(format([change("a", "1\n", "2\n")], { colour: true })).toContain("\u001b[31m-1\u001b[39m\n\u001b[32m+2\u001b[39m");
    expect(format([])).toBe("");
  });
});

describe("countLines()", () => {
  it.each([["", 0], ["a", 1], ["a\n", 1], ["a\nb", 2], ["\n\n", 2]])("countLines() of %j is %i", (text, lines) => expect(countLines(Buffer.from(text))).toBe(lines));
});

describe("actionOf()", () => {
  it("actionOf() tells the three apart", () => expect([change("a", null, "1"), change("a", "1", "2"), change("a", "1", null)].map(actionOf)).toEqual(["add", "change", "remove"]));
});
