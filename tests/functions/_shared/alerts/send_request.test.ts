import { createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sendRequest, type SendOptions } from "../../../../functions/_shared/alerts/send_request.ts";
import { type Receiver, startReceiver } from "../../../support/receiver.ts";

let receiver: Receiver;
beforeAll(async () => void (receiver = await startReceiver()));
beforeEach(() => receiver.reset());
afterAll(() => receiver.stop());

const SECRET = "T0KEN-in-the-path";
const send = (options: SendOptions = {}) =>
  sendRequest({ url: `${receiver.url}/${SECRET}`, method: "POST", headers: { authorization: "Bearer key" }, body: new TextEncoder().encode("bytes ✓") }, options);
const answers = (...list: Parameters<Receiver["answer"]> extends [string, ...infer Rest] ? Rest : never) => receiver.answer(`/${SECRET}`, ...list);

describe("sendRequest()", () => {
  it.each([200, 201, 202, 204])("sendRequest() takes %i for arrived, and sends the bytes it was given", async (status) => {
    answers({ status });
    expect(await send()).toEqual({ sent: true, status });
    expect(receiver.received).toMatchObject([{ method: "POST", headers: { authorization: "Bearer key", "user-agent": expect.stringMatching(/^holdfast\//) }, body: Buffer.from("bytes ✓") }]);
  });

  it.each([[500, false], [502, false], [503, false], [429, false], [408, false], [425, false], [400, true], [401, true], [403, true], [404, true], [410, true], [422, true]])(
    "sendRequest() knows whether another attempt can change %i", async (status, final) => {
      answers({ status, body: `quoted ${SECRET}` });
      expect(await send()).toEqual({ sent: false, status, error: `HTTP ${status}`, final, retryAfterSeconds: null });
    });

  it("sendRequest() returns what the receiver asks for, in seconds or as a date", async () => {
    answers({ status: 429, headers: { "retry-after": "7" } }, { status: 503, headers: { "retry-after": "Thu, 01 Jan 1970 00:02:00 GMT" } }, { status: 503, headers: { "retry-after": "soon" } }, { status: 503, headers: { "retry-after": "Thu, 01 Jan 1970 00:00:30 GMT" } });
    const seconds: unknown[] = [];
    for (let n = 0; n < 4; n++) {
      const outcome = await send({ now: () => 60_000 });
      seconds.push(outcome.sent ? "sent" : outcome.retryAfterSeconds);
    }
    expect(seconds).toEqual([7, 60, null, null]);
  });

  it.each([301, 302, 307, 308])("sendRequest() does not follow a redirect (%i)", async (status) => {
    answers({ status, headers: { location: `${receiver.url}/elsewhere` } });
    expect(await send()).toEqual({ sent: false, status, error: `HTTP ${status}: redirects are not followed`, final: true, retryAfterSeconds: null });
    expect(receiver.received).toHaveLength(1);
  });

  it("sendRequest() gives up waiting for an answer that does not come", async () => {
    answers(() => undefined);
    expect(await send({ timeoutMs: 200 })).toEqual({ sent: false, status: null, error: "no answer within 0.2 s", final: false, retryAfterSeconds: null });
  });

  it("sendRequest() does not wait for the end of an answer that has begun", async () => {
    answers((response) => void response.writeHead(200).write("endless"));
    expect(await send({ timeoutMs: 2000 })).toEqual({ sent: true, status: 200 });
  });

  it("sendRequest() survives a connection that is cut, refused or nonsense, and says so without the URL", async () => {
    const nonsense = createServer((socket) => void socket.on("error", () => undefined).end("no HTTP\r\n\r\n"));
    await new Promise<void>((resolve) => nonsense.listen(0, "127.0.0.1", resolve));
    const address = nonsense.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    answers((response) => void response.socket?.destroy());
    const outcomes = [await send()];
    for (const url of ["http://127.0.0.1:1", `http://127.0.0.1:${port}`, "http://does-not-exist.invalid"]) {
      outcomes.push(await sendRequest({ url: `${url}/${SECRET}`, method: "GET", headers: {}, body: null }));
    }
    nonsense.close();
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ sent: false, status: null, final: false, error: expect.stringMatching(/^no answer \([A-Za-z0-9_]+\)$/) });
      expect(JSON.stringify(outcome)).not.toContain(SECRET);
    }
  });
});
