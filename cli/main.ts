import { readEnv } from "../functions/_shared/config/env.ts";
import { letHeapGrow } from "./let_heap_grow.ts";
import { runCommand } from "./run_command.ts";

letHeapGrow();

// A reader that went away, as in `holdfast runs | head`, is not an error; nor is a terminal that was closed (EIO), when there is still something to clean up.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}

process.exitCode = await runCommand(process.argv.slice(2), {
  env: readEnv(),
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
});
