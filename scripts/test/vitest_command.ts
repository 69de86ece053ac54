/** How vitest is called. */
export interface VitestCommand {
  args: string[];
  env: Record<string, string>;
}

/**
 * The call of vitest for these filters. Only a run of everything is held to the coverage that vitest.config.ts asks for: what
 * a part of the tests covers says nothing about the whole.
 *
 * @param file where the counts are written
 */
export function vitestCommand(filters: readonly string[], coverage: boolean, file: string): VitestCommand {
  return {
    args: ["run", ...filters, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...(coverage ? ["--coverage"] : [])],
    env: coverage && filters.length === 0 ? { HOLDFAST_WHOLE_RUN: "1" } : {},
  };
}
