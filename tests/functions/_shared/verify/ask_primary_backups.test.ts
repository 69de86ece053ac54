import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { askPrimaryBackups } from "../../../../functions/_shared/verify/ask_primary_backups.ts";

const REF = "abcdefghijklmnopqrst";
const TOKEN = "sbp_0123456789";
const ANSWER = {
  region: "eu-west-1", walg_enabled: true, pitr_enabled: true,
  backups: [{ id: 1, is_physical_backup: true, status: "COMPLETED", inserted_at: "2026-11-23T03:00:00.000Z" }],
  physical_backup_data: { earliest_physical_backup_date_unix: 1, latest_physical_backup_date_unix: 2 },
};

let server: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve()))));

async function api(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const ask = (url: string) => askPrimaryBackups({ SUPABASE_ACCESS_TOKEN: TOKEN, HOLDFAST_MANAGEMENT_API_URL: url }, REF);

describe("askPrimaryBackups()", () => {
  it("askPrimaryBackups() asks with the token and returns what it knows of the answer", async () => {
    const asked: unknown[] = [];
    const url = await api((request, response) => {
      asked.push([request.method, request.url, request.headers.authorization]);
      response.end(JSON.stringify(ANSWER));
    });
    expect(await ask(`${url}/`)).toMatchObject({ outcome: "answered", answer: { pitr_enabled: true, backups: [{ status: "COMPLETED" }] } });
    expect(asked).toEqual([["GET", `/v1/projects/${REF}/database/backups`, `Bearer ${TOKEN}`]]);
  });

  it.each([{}, null, undefined])("askPrimaryBackups() takes a project without a window: %j", async (physical_backup_data) => {
    const url = await api((_, response) => response.end(JSON.stringify({ ...ANSWER, pitr_enabled: false, backups: [], physical_backup_data })));
    expect(await ask(url)).toMatchObject({ outcome: "answered" });
  });

  it("askPrimaryBackups() asks nobody without a token", async () => {
    expect(await askPrimaryBackups({}, REF, () => Promise.reject(new Error("asked")))).toEqual({ outcome: "no_token", reason: "no access token" });
  });

  it.each([
    [401, "refuses the access token (401)"], [403, "refuses the access token (403)"], [404, `knows no project ${REF} (404)`],
    [429, "come back later (429)"], [500, "answered 500"], [302, "answered 302"],
  ])("askPrimaryBackups() says what status %i means, and never the token", async (status, reason) => {
    const url = await api((_, response) => response.writeHead(status, { location: "http://127.0.0.1:1/" }).end(JSON.stringify({ message: TOKEN })));
    const look = await ask(url);
    expect(look).toEqual({ outcome: "unanswered", reason: expect.stringContaining(reason) });
    expect(JSON.stringify(look)).not.toContain(TOKEN);
  });

  it.each([
    ["<html>", "something else than JSON"], ["{}", "something else than a list of backups (region"], ["[]", "something else than a list of backups"],
    [JSON.stringify({ ...ANSWER, backups: [{ is_physical_backup: true, status: "COMPLETED", inserted_at: TOKEN }] }), "(backups.0.inserted_at)"],
  ])("askPrimaryBackups() does not take %s for an answer", async (body, reason) => {
    const url = await api((_, response) => response.end(body));
    const look = await ask(url);
    expect(look).toEqual({ outcome: "unanswered", reason: expect.stringContaining(reason) });
    expect(JSON.stringify(look)).not.toContain(TOKEN);
  });

  it("askPrimaryBackups() says when the API cannot be reached or stays silent", async () => {
    const url = await api((request) => request.socket.destroy());
    expect(await ask(url)).toEqual({ outcome: "unanswered", reason: "the Management API cannot be reached" });
    const silent = () => Promise.reject(new DOMException("The operation timed out.", "TimeoutError"));
    expect(await askPrimaryBackups({ HOLDFAST_ACCESS_TOKEN: TOKEN }, REF, silent)).toEqual({ outcome: "unanswered", reason: "the Management API did not answer within 10 s" });
  });

  it("askPrimaryBackups() sends no token in clear text, nor one that is none", async () => {
    const asked = () => Promise.reject(new Error("asked"));
    for (const url of ["http://api.example.com", "api.example.com", "ftp://127.0.0.1"]) {
      expect(await askPrimaryBackups({ HOLDFAST_ACCESS_TOKEN: TOKEN, HOLDFAST_MANAGEMENT_API_URL: url }, REF, asked))
        .toEqual({ outcome: "unanswered", reason: "HOLDFAST_MANAGEMENT_API_URL is no https URL" });
    }
    const look = await askPrimaryBackups({ HOLDFAST_ACCESS_TOKEN: `${TOKEN}\nx: y` }, REF, asked);
    expect(look).toEqual({ outcome: "unanswered", reason: "the access token holds characters that no token has" });
  });
});
