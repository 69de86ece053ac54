import { afterEach, describe, expect, it, vi } from "vitest";
import type { ViteUserConfig } from "vitest/config";
import { vitestCommand } from "../../../scripts/test/vitest_command.ts";

describe("vitestCommand()", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });
  /** What vitest.config.ts asks for in the environment of a call. */
  async function thresholds(env: Readonly<Record<string, string>>): Promise<unknown> {
    vi.stubEnv("HOLDFAST_WHOLE_RUN", env["HOLDFAST_WHOLE_RUN"]);
    const { default: config } = await import("../../../vitest.config.ts") as { default: ViteUserConfig };
    const coverage = config.test?.coverage;
    return coverage !== undefined && "thresholds" in coverage ? coverage.thresholds : undefined;
  }

  it("vitestCommand() runs what it is asked for and writes the counts where they are read", () => {
    expect(vitestCommand(["tests/cli"], false, "/x.json")).toEqual({ args: ["run", "tests/cli", "--reporter=default", "--reporter=json", "--outputFile.json=/x.json"], env: {} });
    expect(vitestCommand([], true, "/x.json").args).toContain("--coverage");
  });

  it("vitestCommand() holds a measured run of everything to a coverage, and no other run", async () => {
    const asked = await thresholds(vitestCommand([], true, "x").env);
    expect(asked).toEqual({ lines: expect.any(Number), branches: expect.any(Number) });
    const { lines, branches } = asked as { lines: number; branches: number };
    expect([lines, branches].every((one) => one > 80 && one < 100)).toBe(true);
    for (const [filters, coverage] of [[["tests/cli"], true], [["tests/cli"], false], [[], false]] as const) {
      vi.resetModules();
      expect(await thresholds(vitestCommand(filters, coverage, "x").env)).toBeUndefined();
    }
  });
});
