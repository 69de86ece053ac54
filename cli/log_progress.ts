import { formatDuration } from "../functions/_shared/report/format_quantity.ts";
import type { OutputStream } from "./command_context.ts";
import { onOneLine } from "./on_one_line.ts";
import type { ShownProgress } from "./show_progress.ts";

/** What takes less is over before anybody looks into the log. */
const FIRST_LINE_MS = 10_000;
const NEXT_LINE_MS = 30_000;

/** Lines for a log: what is going on and for how long, now and then, and nothing of what is over soon. */
export function logProgress(output: OutputStream, label: string): ShownProgress {
  const started = performance.now();
  let current = label;
  let lines = 0;
  const line = (text: string) => {
    lines++;
    output.write(`${onOneLine(text)} (${formatDuration((performance.now() - started) / 1000)})\n`);
  };
  let timer = setTimeout(function again() {
    line(current);
    timer = setTimeout(again, NEXT_LINE_MS).unref();
  }, FIRST_LINE_MS).unref();
  return {
    update: (next) => void (current = next),
    end: (outcome) => {
      clearTimeout(timer);
      if (lines > 0) line(`${label}: ${outcome}`);
    },
  };
}
