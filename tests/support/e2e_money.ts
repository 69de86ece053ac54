import pg from "pg";
import type { ReadBackup } from "./e2e_read_backup.ts";

/** What checking and savings hold together, in cents, at every point in time. */
const TOTAL_CENTS = 2_000_000_000n;
const CHECKING_CENTS = 1_000_000_000n;

/** Somebody who uses the bank without a pause. */
export interface Writer {
  /** Transactions committed so far. */
  commits(): number;
  stop(): Promise<void>;
}

/**
 * Moves money between the tables, and opens and closes accounts with money of their own table, as fast as one session can.
 * Old transfers are booked together at times, so that rows also vanish.
 */
export async function startWriter(databaseUrl: string): Promise<Writer> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "bank" });
  client.on("error", () => undefined);
  await client.connect();
  let commits = 0;
  let stopped = false;
  const steps = [
    "select bank.transfer_at_random(5)",
    `with opened as (insert into bank.checking (id, balance, padding)
       select coalesce(max(c.id), 0) + 1, 5, repeat('n', (random() * 900)::integer) from bank.checking c returning balance)
     update bank.checking c set balance = c.balance - o.balance from opened o where c.id = 1`,
    "select bank.transfer_at_random(1)",
    `with opened as (insert into bank.savings (id, balance, padding)
       select coalesce(max(s.id), 0) + 1, 7, repeat('n', (random() * 900)::integer) from bank.savings s returning balance)
     update bank.savings s set balance = s.balance - o.balance from opened o where s.id = 2`,
    `with closed as (delete from bank.checking c where c.id in (select o.id from bank.checking o where o.id > 10000 order by random() limit 1) returning balance)
     update bank.checking c set balance = c.balance + o.balance from closed o where c.id = 3`,
    `with closed as (delete from bank.savings s where s.id in (select o.id from bank.savings o where o.id > 10000 order by random() limit 1) returning balance)
     update bank.savings s set balance = s.balance + o.balance from closed o where s.id = 4`,
    // Two transfers of the same accounts become one, so that the sum of all transfers stays.
    `with old as (delete from bank.transfers t where t.id in (select min(o.id) from bank.transfers o) returning amount)
     insert into bank.transfers (checking_id, savings_id, amount) select 1, 1, o.amount from old o`,
  ];
  const working = (async () => {
    for (let step = 0; !stopped; step = (step + 1) % steps.length) {
      await client.query(steps[step] ?? "");
      commits++;
    }
  })();
  // stop() reports it; until then it must not end the process.
  working.catch(() => undefined);
  return {
    commits: () => commits,
    stop: async () => {
      stopped = true;
      await working;
      await client.end();
    },
  };
}

function cents(text: string | undefined): bigint {
  return BigInt((text ?? "").replace(".", ""));
}

function column(backup: ReadBackup, table: string, name: string): string[] {
  const columns = backup.manifest.tables.find((one) => `${one.schema}.${one.name}` === table)?.columns ?? [];
  const at = columns.indexOf(name);
  return (backup.rows.get(table) ?? []).map((row) => row[at] ?? "");
}

/**
 * What is wrong with the money in a backup; undefined when it all is of one moment. The sum alone would miss a transfer
 * that is in both tables and not in the list of transfers, or the other way round.
 */
export function moneyProblem(backup: ReadBackup): string | undefined {
  const sum = (table: string, name: string): bigint => column(backup, table, name).reduce((total, text) => total + cents(text), 0n);
  const checking = sum("bank.checking", "balance");
  const savings = sum("bank.savings", "balance");
  const moved = sum("bank.transfers", "amount");
  if (checking + savings !== TOTAL_CENTS) return `checking and savings hold ${checking + savings} cents instead of ${TOTAL_CENTS}`;
  if (checking + moved !== CHECKING_CENTS) return `transfers of ${moved} cents do not lead from ${CHECKING_CENTS} to ${checking}`;
  for (const [table, key] of [["bank.checking", "checking_id"], ["bank.savings", "savings_id"]] as const) {
    const ids = column(backup, table, "id");
    const known = new Set(ids);
    if (known.size !== ids.length) return `${table} holds an id twice`;
    if (column(backup, "bank.transfers", key).some((id) => !known.has(id))) return `a transfer names an account that is not in ${table}`;
  }
  return undefined;
}
