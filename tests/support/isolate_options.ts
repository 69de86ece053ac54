import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startControlServer } from "../../stack/functions/control_server.ts";
import { findDeno } from "../../stack/functions/deno_command.ts";
import type { IsolateOptions } from "../../stack/functions/isolate.ts";
import { HOSTED_LIMITS } from "../../stack/functions/limits.ts";
import { ProcessRegister } from "../../stack/processes/process_register.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";

/** What an isolate of the fixture functions needs, and the function that clears it away. */
export async function isolateOptions(): Promise<{ options: Omit<IsolateOptions, "slug">; clear: () => void }> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-isolates-"));
  const control = await startControlServer();
  return {
    options: {
      deno: findDeno(),
      functionsDir: join(REPO_ROOT, "tests", "fixtures", "functions"),
      env: {},
      limits: HOSTED_LIMITS,
      control,
      register: new ProcessRegister(dir),
      onLog: () => {},
    },
    clear() {
      control.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
