import { PassThrough } from "node:stream";
import { runCommand } from "../../cli/run_command.ts";

export interface InProcessOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the command without a process of its own; with keys, on a terminal where somebody presses them. */
export async function runInProcess(argv: readonly string[], keys?: string): Promise<InProcessOutcome> {
  const stream = () => Object.assign(new PassThrough(), { isTTY: keys !== undefined, setRawMode: () => undefined });
  const [stdin, stdout, stderr] = [stream(), stream(), stream()];
  const text = (of: PassThrough) => String(of.read() ?? "");
  const running = runCommand(argv, { env: {}, stdin, stdout, stderr });
  if (keys !== undefined) stdin.write(keys);
  const code = await running;
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
