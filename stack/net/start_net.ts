import pg from "pg";
import { listenAndPoll } from "../listen_and_poll.ts";

export interface NetDaemon {
  /** Stops taking requests from the queue, cancels those in flight and closes the connections. */
  stop(): Promise<void>;
}

interface QueuedRequest {
  id: string;
  method: string;
  url: string;
  headers: Record<string, string> | null;
  body: Buffer | null;
  timeout_milliseconds: number;
}

interface Outcome {
  statusCode?: number;
  contentType?: string | null;
  headers?: Record<string, string>;
  content?: string;
  timedOut: boolean;
  error?: string;
}

/** Requests taken per look at the queue, and how long an answer is kept: the defaults of pg_net. */
const BATCH_SIZE = 200;
const TTL = "6 hours";
/** A committed row wakes the daemon by NOTIFY; the poll only matters for rows written by hand or while it was away. */
const POLL_MS = 200;

/**
 * Does the work of the pg_net background worker: takes committed rows from net.http_request_queue, sends them, records
 * the answers in net._http_response. A request is taken out before it is sent, so a crash loses it rather than sends it twice.
 */
export function startNet(adminUrl: string, onLog: (line: string) => void = () => {}): NetDaemon {
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const pool = new pg.Pool({ connectionString: adminUrl, max: 2, application_name: "pg_net stand-in" });
  pool.on("error", () => {});

  async function takeBatch(client: pg.Client): Promise<boolean> {
    const { rows } = await client.query<QueuedRequest>(
      `delete from net.http_request_queue where id in (
         select id from net.http_request_queue order by id limit $1 for update skip locked
       ) returning id, method, url, headers, body, timeout_milliseconds`, [BATCH_SIZE]);
    for (const request of rows) {
      const work = send(request, stopping.signal).then((outcome) => record(pool, request.id, outcome))
        .catch((error: unknown) => onLog(`net: answer of request ${request.id} could not be recorded: ${String(error)}`))
        .finally(() => inFlight.delete(work));
      inFlight.add(work);
    }
    return rows.length === BATCH_SIZE;
  }

  let lastSweep = 0;
  const running = listenAndPoll({
    databaseUrl: adminUrl, applicationName: "pg_net stand-in", channel: "holdfast_net", pollMs: POLL_MS, signal: stopping.signal,
    look: async (client) => {
      if (Date.now() - lastSweep > 60_000) {
        lastSweep = Date.now();
        await client.query(`delete from net._http_response where created < now() - interval '${TTL}'`);
      }
      return await takeBatch(client) ? 0 : POLL_MS;
    },
  });

  return {
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(inFlight);
      await pool.end();
    },
  };
}

async function send(request: QueuedRequest, stopping: AbortSignal): Promise<Outcome> {
  const timeout = AbortSignal.timeout(request.timeout_milliseconds);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: { "user-agent": "pg_net/stand-in", ...request.headers },
      body: request.body === null ? null : new Uint8Array(request.body),
      signal: AbortSignal.any([timeout, stopping]),
    });
    return {
      statusCode: response.status,
      contentType: response.headers.get("content-type"),
      headers: Object.fromEntries(response.headers),
      content: await response.text(),
      timedOut: false,
    };
  } catch (error) {
    // A timeout only stops the waiting: whoever got the request carries on, as behind pg_net.
    if (timeout.aborted) return { timedOut: true, error: `Timeout of ${request.timeout_milliseconds} ms reached.` };
    return { timedOut: false, error: error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error) };
  }
}

async function record(pool: pg.Pool, id: string, outcome: Outcome): Promise<void> {
  await pool.query(
    `insert into net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, outcome.statusCode, outcome.contentType, outcome.headers === undefined ? null : JSON.stringify(outcome.headers), outcome.content, outcome.timedOut, outcome.error],
  );
}
