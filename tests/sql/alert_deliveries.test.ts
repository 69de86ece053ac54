import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../functions/_shared/database/connect.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { queryRows } from "../support/query_rows.ts";

let database: TestDatabase;
const sql = (text: string) => queryRows(database.url, text);
beforeAll(async () => void (database = await createTestDatabase({ migrated: true })));
beforeEach(() => sql("delete from backup.alerts; delete from backup.alert_deliveries"));
afterAll(() => database.drop());

describe("queue_alerts()", () => {
  it("queue_alerts() tells an alert once, however many ticks look at the same time", async () => {
    await sql("select backup.raise_alert('x', 'critical', 'm')");
    const counts = await Promise.all(Array.from({ length: 10 }, () => sql("select backup.queue_alerts() as events")));
    expect(counts.flat().map(({ events }) => events).sort()).toEqual([...Array<number>(9).fill(0), 1]);
    expect(await sql("select event from backup.alert_deliveries")).toEqual([{ event: "raised" }]);
  });
});

describe("claim_deliveries()", () => {
  it("claim_deliveries() gives each message to one of the functions that ask at the same time, and waits for none of them", async () => {
    await sql("select backup.raise_alert(c, 'critical', 'm') from unnest('{a,b,c,d}'::text[]) c; select backup.queue_alerts(); select backup.route_deliveries('{email,slack}')");
    const slow = await connect(database.url, { applicationName: "holdfast test" });
    await slow.query("begin");
    const { rows: held } = await slow.query<{ event_id: string; channel: string }>("select event_id, channel from backup.claim_deliveries('{email,slack}', 3)");
    const others = await Promise.all(Array.from({ length: 5 }, () => sql("set statement_timeout = '5 s'; select event_id, channel from backup.claim_deliveries('{email,slack}', 3)")));
    await slow.query("commit");
    await slow.end();
    const rest = await sql("select event_id, channel from backup.claim_deliveries('{email,slack}', 20)");
    expect(others.flat().length).toBeGreaterThan(0);
    const all = [...held, ...others.flat(), ...rest].map(({ event_id, channel }) => `${String(event_id)} ${String(channel)}`);
    expect([held.length, all.length, new Set(all).size]).toEqual([3, 8, 8]);
  });
});
