import { mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { REPO_ROOT } from "./repo_root.ts";
import { canReach, unprivilegedUser } from "./processes/unprivileged_user.ts";

/** Where things that can be made again are kept: in the checkout, or under the temporary directory when the server's user cannot get there. */
export function cacheDir(): string {
  const preferred = join(REPO_ROOT, ".holdfast", "cache");
  const dir = canReach(preferred, unprivilegedUser()) ? preferred : join(tmpdir(), `holdfast-${userInfo().uid}`, "cache");
  mkdirSync(dir, { recursive: true });
  return dir;
}
