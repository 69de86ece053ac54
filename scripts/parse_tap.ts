export interface TapResult {
  /** Assertions that count as passed: ok, skipped, and failures marked as to do. */
  readonly passed: number;
  /** Assertions that failed or were planned and never ran; at least 1 when there is a problem. */
  readonly failed: number;
  /** Names of failed assertions, as "4 - name". */
  readonly failures: readonly string[];
  /** What is wrong with the output as a whole: no plan, another number of assertions than planned, bail out. */
  readonly problems: readonly string[];
}

const ASSERTION = /^(not )?ok\b(?:\s+(\d+))?(?:\s*-?\s*)(.*)$/;
const PLAN = /^1\.\.(\d+)(?:\s*#\s*(.*))?$/;
const DIRECTIVE = /(?:^|\s)#\s*(SKIP|TODO)\b/i;

/**
 * Judges the output of one TAP program. Indented lines are subtests, whose result the line after them repeats.
 * `interruption` says why the program stopped early, as a SQL error does; it is a problem whatever was printed before.
 */
export function parseTap(output: string, interruption?: string): TapResult {
  const problems: string[] = interruption === undefined ? [] : [interruption];
  const failures: string[] = [];
  let planned: number | undefined;
  let ran = 0;
  let passed = 0;

  for (const line of output.split("\n")) {
    const bailOut = /^Bail out!\s*(.*)$/i.exec(line);
    if (bailOut !== null) {
      problems.push(`bailed out${bailOut[1] === "" ? "" : `: ${bailOut[1]}`}`);
      break;
    }
    const plan = PLAN.exec(line);
    if (plan !== null) {
      if (planned !== undefined) problems.push("planned twice");
      planned = Number(plan[1]);
      continue;
    }
    const assertion = ASSERTION.exec(line);
    if (assertion === null) continue;
    ran += 1;
    const [, negation, number, name = ""] = assertion;
    if (number !== undefined && Number(number) !== ran) problems.push(`assertion ${number} came in place ${ran}`);
    // pgTAP writes a hash sign inside a name as \#, so an unescaped one starts a directive.
    const directive = DIRECTIVE.exec(name)?.[1]?.toUpperCase();
    if (negation === undefined || directive === "TODO") passed += 1;
    else failures.push(`${ran} - ${name}`);
  }

  if (planned === undefined) problems.push("no plan");
  else if (planned !== ran) problems.push(`planned ${planned} but ran ${ran}`);
  const missing = Math.max(0, (planned ?? 0) - ran);
  const failed = failures.length + missing;
  return { passed, failed: problems.length > 0 ? Math.max(failed, 1) : failed, failures, problems };
}
