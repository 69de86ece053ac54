import { readEnv } from "../functions/_shared/config/env.ts";
import { letHeapGrow } from "./let_heap_grow.ts";
import { runCommand } from "./run_command.ts";

letHeapGrow();

let unwritten = false;

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", ({ code }: NodeJS.ErrnoException) => {
    // A reader that went away, as in `holdfast runs | head`, is not an error; nor is a terminal that was closed (EIO), when there is still something to clean up.
    if (code === "EPIPE" || code === "EIO") return;
    // The work goes on to its end, and to its cleaning up; but whoever keeps the output has to learn that it is not whole.
    if (!unwritten && stream === process.stdout) process.stderr.write(`error: Cannot write to standard output (${code ?? "unknown"})\nhint: Look for space on the disk it goes to.\n`);
    unwritten = true;
    process.exitCode = 3;
  });
}

const exitCode = await runCommand(process.argv.slice(2), {
  env: readEnv(),
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
});
if (!unwritten) process.exitCode = exitCode;
