import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** The exact bytes, for signatures. */
  body: Buffer;
}

/** How to answer a request: a status with headers, or anything else done to the connection. */
export type Answer = { status: number; headers?: Record<string, string>; body?: string } | ((response: ServerResponse) => void);

export interface Receiver {
  url: string;
  received: ReceivedRequest[];
  /** Answers to the next requests to a path, in turn; 200 when there is none left. */
  answer(path: string, ...answers: Answer[]): void;
  /** An empty record and no answers. */
  reset(): void;
  stop(): Promise<void>;
}

/** A server on this machine that stands for Slack, a webhook, a mail API: it records what it gets and answers as told. */
export async function startReceiver(): Promise<Receiver> {
  const received: ReceivedRequest[] = [];
  const answers = new Map<string, Answer[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = (request.url ?? "").split("?")[0] ?? "";
      received.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) });
      const next = answers.get(path)?.shift() ?? { status: 200 };
      if (typeof next === "function") next(response);
      else response.writeHead(next.status, next.headers).end(next.body ?? "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (path, ...more) => void answers.set(path, [...(answers.get(path) ?? []), ...more]),
    reset: () => {
      received.length = 0;
      answers.clear();
    },
    stop: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}
