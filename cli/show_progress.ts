import type { OutputStream } from "./command_context.ts";
import { onOneLine } from "./on_one_line.ts";

const FRAMES = ["-", "\\", "|", "/"] as const;
const FRAME_MS = 100;

// A terminal that does not wrap cuts the line off, however wide its letters are: a wrapped one could not be drawn over.
const [NO_WRAP, WRAP, ERASE_REST] = ["\u001b[?7l", "\u001b[?7h", "\u001b[K"] as const;

export interface ShownProgress {
  update(label: string): void;
  end(outcome: "done" | "failed"): void;
}

/**
 * One line on a terminal that says what is going on, drawn anew until it ends. It leaves the keyboard and all signals alone:
 * Ctrl-C and a polite kill have to end the command as they do without a terminal, with an exit code that is not 0 and after
 * whoever listens for them has cleaned up.
 */
export function showProgress(output: OutputStream, label: string): ShownProgress {
  let current = label;
  let frame = 0;
  const draw = () => {
    output.write(`\r${NO_WRAP}${FRAMES[frame++ % FRAMES.length]} ${onOneLine(current)}${ERASE_REST}${WRAP}`);
  };
  draw();
  const timer = setInterval(draw, FRAME_MS);
  return {
    update: (next) => void (current = next),
    end: (outcome) => {
      clearInterval(timer);
      output.write(`\r${ERASE_REST}${label}: ${outcome}\n`);
    },
  };
}
