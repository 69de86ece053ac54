import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TIERS = ["daily", "weekly", "monthly"] as const;
type Tier = (typeof TIERS)[number];

interface Run {
  id: string;
  tier: Tier;
  state: "complete" | "failed";
  at: number;
  verified: boolean;
}

interface Rules {
  days: Record<Tier, number>;
  minimum: number;
}

interface Decision {
  decision: string;
  reasons: string[];
}

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** The Monday of the week, the first of the month or the day itself, as days since 1970: arithmetic of its own. */
const PERIODS: Record<Tier, { name: string; of: (at: number) => string }> = {
  daily: { name: "first_of_day", of: (at) => String(Math.floor(at / DAY)) },
  // 1970-01-01 was a Thursday, three days after a Monday.
  weekly: { name: "first_of_week", of: (at) => String(Math.floor((Math.floor(at / DAY) + 3) / 7)) },
  monthly: { name: "first_of_month", of: (at) => `${new Date(at).getUTCFullYear()}-${new Date(at).getUTCMonth()}` },
};

/** Says run by run, from the rules as words, what becomes of it. */
function oracle(runs: readonly Run[], rules: Rules, now: number, debrisAge = 3 * DAY): Map<string, Decision> {
  const later = (a: Run, b: Run): boolean => a.at > b.at || (a.at === b.at && a.id > b.id);
  const good = runs.filter(({ state }) => state === "complete");
  const decide = (run: Run): string[] => {
    if (run.state === "failed") return run.at + debrisAge > now ? ["failed_lately"] : [];
    const alive = (tier: Tier): boolean => run.at + rules.days[tier] * DAY > now;
    const reasons = alive(run.tier) ? [`tier_${run.tier}`] : [];
    for (const tier of TIERS) {
      const { name, of } = PERIODS[tier];
      if (alive(tier) && !good.some((other) => of(other.at) === of(run.at) && later(run, other))) reasons.push(name);
    }
    // Runs from the future stand behind all others.
    const newer = (a: Run, b: Run): boolean => (a.at > now === b.at > now ? later(a, b) : b.at > now);
    const newerOnes = good.filter((other) => newer(other, run));
    const newerVerified = newerOnes.filter(({ verified }) => verified).length;
    if (run.verified && newerVerified === 0) reasons.push("newest_verified");
    if (run.verified && newerVerified < rules.minimum) reasons.push("minimum_verified");
    if (newerOnes.length < rules.minimum) reasons.push("minimum_complete");
    return reasons;
  };
  return new Map(runs.map((run) => {
    const kept = decide(run);
    return [run.id, kept.length > 0 ? { decision: "keep", reasons: kept } : { decision: "expire", reasons: [run.state === "failed" ? "failed" : "past_retention"] }];
  }));
}

const START = Date.parse("2019-12-20T00:00:00Z");
/** Years of runs: every few hours to weeks, many fail, some are drilled, names lie about the time. */
const history = fc.record({
  gaps: fc.array(fc.record({
    hours: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 900 })),
    failed: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
    verified: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
    tier: fc.constantFrom<Tier>("daily", "daily", "daily", "weekly", "monthly"),
    name: fc.integer({ min: 0, max: 0xffff }),
  }), { minLength: 1, maxLength: 80 }),
  days: fc.record({ daily: fc.integer({ min: 1, max: 40 }), weekly: fc.integer({ min: 1, max: 120 }), monthly: fc.integer({ min: 1, max: 500 }) }),
  minimum: fc.integer({ min: 1, max: 5 }),
  looks: fc.array(fc.integer({ min: 0, max: 4 * 365 }), { minLength: 3, maxLength: 3 }),
}).map(({ gaps, days, minimum, looks }) => {
  let at = START;
  const runs = gaps.map(({ hours, failed, verified, tier, name }, index): Run => {
    at += hours * HOUR;
    const id = `20200101T${String(name).padStart(6, "0").slice(-6)}Z-${index.toString(16).padStart(6, "0")}`;
    return { id, tier, at, state: failed ? "failed" : "complete", verified: verified && !failed };
  });
  return { runs, rules: { days, minimum }, looks: looks.map((day) => START + day * DAY) };
});

/** Adds runs to the ledger that is there. */
async function grow(runs: readonly Run[]): Promise<void> {
  await client.query(
    `with given as (select * from jsonb_to_recordset($1) as x(id text, tier backup.tier, state backup.run_state, at float8, verified boolean)),
     runs as (
       insert into backup.runs (run_id, tier, state, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256, failure_code, failure_message)
       select id, tier, state, 'sql', 'cli', 'x/', to_timestamp(at / 1000), to_timestamp(at / 1000),
              case when state = 'complete' then 'k' end, case when state = 'complete' then 's' end,
              case when state = 'failed' then 'HF300' end, case when state = 'failed' then 'x' end from given)
     insert into backup.drills (run_id, trigger, verdict, state, finished_at)
     select id, 'sql', 'passed', 'complete', now() from given where verified`, [JSON.stringify(runs)]);
}

async function arrange(runs: readonly Run[], rules: Rules): Promise<void> {
  await client.query("delete from backup.drills");
  await client.query("delete from backup.runs");
  await client.query("update backup.settings set retention_minimum = $1", [rules.minimum]);
  await client.query("update backup.policies p set retention = make_interval(days => ($1::jsonb ->> p.tier::text)::integer) where provider = 'aws_s3'", [JSON.stringify(rules.days)]);
  await grow(runs);
}

async function plan(now: number): Promise<Map<string, Decision>> {
  const { rows } = await client.query<Decision & { run_id: string }>("select run_id, decision, reasons from backup.retention_plan(to_timestamp($1::float8 / 1000))", [now]);
  return new Map(rows.map(({ run_id, decision, reasons }) => [run_id, { decision, reasons }]));
}

describe("retention_plan()", () => {
  it("retention_plan() decides as an independent oracle does, and never gives up what must stay", async () => {
    // Drills refer to runs and are deleted with them; on disk nothing has to last.
    await client.query("begin");
    await fc.assert(
      fc.asyncProperty(history, async ({ runs, rules, looks }) => {
        await arrange(runs, rules);
        for (const now of looks) {
          const decided = await plan(now);
          expect(Object.fromEntries(decided)).toEqual(Object.fromEntries(oracle(runs, rules, now)));
          const kept = runs.filter(({ id }) => decided.get(id)?.decision === "keep");
          const good = runs.filter(({ state }) => state === "complete");
          const verified = good.filter((run) => run.verified);
          expect(kept.filter((run) => run.verified).length).toBeGreaterThanOrEqual(Math.min(verified.length, rules.minimum));
          expect(kept.filter(({ state }) => state === "complete").length).toBeGreaterThanOrEqual(Math.min(good.length, rules.minimum));
          expect(kept).toEqual(expect.arrayContaining(verified.slice(-1)));
        }
      }),
      { numRuns: 150 },
    );
    await client.query("rollback");
  }, 120_000);

  it("retention_plan() never brings back what it let go, however time passes while years of runs come in", async () => {
    await client.query("begin");
    await fc.assert(
      fc.asyncProperty(history, async ({ runs, rules }) => {
        await arrange([], rules);
        let given = 0;
        const gone = new Set<string>();
        // Six looks while the history grows; what expires is deleted at once, as the ledger records it.
        for (let look = 1; look <= 6; look++) {
          const upTo = Math.ceil((runs.length * look) / 6);
          const now = (runs[upTo - 1]?.at ?? START) + HOUR;
          await grow(runs.slice(given, upTo));
          given = upTo;
          const decided = await plan(now);
          for (const id of gone) expect(decided.has(id)).toBe(false);
          const left = runs.slice(0, upTo).filter(({ id, state }) => state === "complete" && !gone.has(id));
          const expired = [...decided].filter(([, { decision }]) => decision === "expire").map(([id]) => id);
          const kept = left.filter(({ id }) => !expired.includes(id));
          expect(kept.length).toBeGreaterThanOrEqual(Math.min(left.length, rules.minimum));
          expect(kept).toEqual(expect.arrayContaining(left.slice(-1)));
          expect(kept).toEqual(expect.arrayContaining(left.filter((run) => run.verified).slice(-1)));
          for (const id of expired) gone.add(id);
          await client.query(
            `update backup.runs set state = case state when 'complete' then 'expired' else state end::backup.run_state, objects_deleted_at = now() where run_id = any ($1)`, [expired]);
        }
      }),
      { numRuns: 15 },
    );
    await client.query("rollback");
  }, 120_000);
});
