import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { type RunnerMessage, startControlServer } from "../../../stack/functions/control_server.ts";

it("startControlServer() routes messages by token and drops strangers and nonsense", async () => {
  const server = await startControlServer();
  const heard: RunnerMessage[] = [];
  server.expect("known", (message, channel) => {
    heard.push(message);
    channel.send({ type: "beforeunload", reason: "cpu" });
  });
  const runner = connect(server.port, "127.0.0.1");
  runner.write('{"type":"hello","token":"known"}\n{"type":"ready","port":1}\n');
  const [answer] = await once(runner, "data");
  expect(String(answer)).toContain('{"type":"beforeunload","reason":"cpu"}\n');
  for (const text of ['{"type":"hello","token":"guessed"}\n', '{"type":"ready","port":1}\n', "GET / HTTP/1.1\r\n\r\n"]) {
    const stranger = connect(server.port, "127.0.0.1");
    stranger.on("error", () => {});
    stranger.write(text);
    await once(stranger, "close");
  }
  expect(heard).toEqual([{ type: "hello", token: "known" }, { type: "ready", port: 1 }]);
  server.close();
});
