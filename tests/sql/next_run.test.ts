import { Cron } from "croner";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

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

const numbers = (low: number, high: number) => fc.integer({ min: low, max: high });
/** A value, a range, a range with a step, or all with a step, as both implementations write them. */
const part = (low: number, high: number, names: readonly string[] = []) => {
  const value = numbers(low, high).map((number) => ({ number, text: names[number - low] ?? String(number) }));
  const range = fc.tuple(value, value).map(([a, b]) => (a.number <= b.number ? [a, b] as const : [b, a] as const));
  return fc.oneof(
    value.map(({ text }) => text),
    range.map(([a, b]) => `${a.text}-${b.text}`),
    fc.tuple(range, numbers(1, high - low)).map(([[a, b], step]) => `${a.text}-${b.text}/${step}`),
    numbers(1, high - low).map((step) => `*/${step}`),
  );
};
const field = (low: number, high: number, names?: readonly string[]) => fc.oneof(fc.constant("*"), part(low, high, names), fc.array(part(low, high, names), { minLength: 2, maxLength: 3 }).map((parts) => parts.join(",")));
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** Without Sunday, because croner reads the end of mon-sun as 7 and pg_cron as 0. */
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat"];
const schedule = fc.tuple(field(0, 59), field(0, 23), fc.oneof(field(1, 31), fc.constant("$")), fc.oneof(field(1, 12), field(1, 12, MONTHS)), fc.oneof(field(0, 6), field(1, 6, DAYS), fc.constantFrom("7", "sun", "Sun,wed")));
const moment = fc.date({ min: new Date("1999-12-31T00:00:00Z"), max: new Date("2101-03-01T00:00:00Z"), noInvalidDate: true });

it("next_run() is due when croner says so, with day and weekday combined as pg_cron combines them", async () => {
  await fc.assert(
    fc.asyncProperty(schedule, moment, async ([minute, hour, day, month, weekday], after) => {
      const text = [minute, hour, day, month, weekday].join(" ");
      // In pg_cron a field that begins with * leaves the other to decide alone; croner has a switch for that.
      const domAndDow = day.startsWith("*") || weekday.startsWith("*");
      const expected = new Cron(text.replace("$", "L"), { timezone: "UTC", paused: true, domAndDow }).nextRun(after);
      const { rows } = await client.query<{ due: Date | null; problem: string | null }>(
        "select backup.next_run($1, $2) as due, backup.cron_problem($1) as problem", [text, after]);
      expect(rows[0]?.due?.toISOString() ?? null).toBe(expected?.toISOString() ?? null);
      expect(rows[0]?.problem === null).toBe(rows[0]?.due !== null);
    }),
    { numRuns: 500 },
  );
}, 120_000);

it("cron_problem() finds a problem in whatever is no schedule, and never raises", async () => {
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[0-9a-z*,\-/$ @]{0,24}$/), async (text) => {
      const { rows } = await client.query<{ problem: string | null; due: Date | null }>("select backup.cron_problem($1) as problem, backup.next_run($1) as due", [text]);
      expect(rows[0]?.problem === null).toBe(rows[0]?.due !== null);
    }),
    { numRuns: 300 },
  );
}, 60_000);
