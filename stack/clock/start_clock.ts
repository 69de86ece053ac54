import { setTimeout as sleep } from "node:timers/promises";
import { closeClient } from "../../functions/_shared/database/close_client.ts";
import { connect } from "../../functions/_shared/database/connect.ts";
import { holdSnapshot, type HeldSnapshot } from "../../functions/_shared/export/hold_snapshot.ts";
import { TICKET_HEADER } from "../../functions/_shared/http/authorize.ts";

export interface Clock {
  /** Gives the database its own clock back. */
  stop(): Promise<void>;
}

const POLL_MS = 500;
const TICK_MS = 60_000;

/**
 * Stands in for pg_cron and pg_net from outside of the database, for one that lacks them or whose schedules must not be
 * touched: holds the snapshot of runs that wait for a keeper, delivers tickets nobody posted, and ticks once a minute.
 *
 * @throws HoldfastError HF104 when the database cannot be reached
 */
export async function startClock(options: { databaseUrl: string; functionsUrl: string; onLog?: (line: string) => void }): Promise<Clock> {
  const open = (name: string) => connect(options.databaseUrl, { applicationName: name });
  const client = await open("holdfast clock");
  await client.query("update backup.settings set external_clock = true where id");
  const keepers: HeldSnapshot[] = [];
  const stopping = new AbortController();

  async function deliver(ticket: { ticket_id: string; function_name: string }): Promise<void> {
    try {
      const answer = await fetch(`${options.functionsUrl}/${ticket.function_name}`, {
        method: "POST", headers: { [TICKET_HEADER]: ticket.ticket_id }, signal: AbortSignal.timeout(30_000),
      });
      await answer.body?.cancel();
    } catch (error) {
      options.onLog?.(`clock: ${ticket.function_name} did not answer: ${error instanceof Error ? error.name : "unknown"}`);
    }
  }

  async function beat(): Promise<void> {
    const { rows: waiting } = await client.query<{ run_id: string }>(
      "select r.run_id from backup.runs r where r.state = 'starting' and r.engine = 'functions' and r.keeper_pid is null");
    for (const { run_id } of waiting) keepers.push(await holdSnapshot(open, run_id));
    // Marked first: a ticket that is lost on the way is replaced by the tick, one that is sent twice is refused.
    const { rows: tickets } = await client.query<{ ticket_id: string; function_name: string }>(
      `update backup.tickets t set posted = true where not t.posted and t.claimed_at is null and t.expires_at > clock_timestamp()
       returning t.ticket_id, t.function_name`);
    for (const ticket of tickets) void deliver(ticket);
  }

  async function run(): Promise<void> {
    let nextTick = Date.now() + TICK_MS;
    while (!stopping.signal.aborted) {
      await beat();
      if (Date.now() >= nextTick) {
        nextTick += TICK_MS;
        await client.query("select backup.run_job('tick')");
      }
      await sleep(POLL_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  const running = run().catch((error: unknown) => {
    options.onLog?.(`clock: stopped: ${error instanceof Error ? error.message : "unknown"}`);
  });

  return {
    stop: async () => {
      stopping.abort();
      await running;
      for (const keeper of keepers) await keeper.release();
      await client.query("update backup.settings set external_clock = false where id").catch(() => undefined);
      await closeClient(client);
    },
  };
}
