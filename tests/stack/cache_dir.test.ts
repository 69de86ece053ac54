import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { cacheDir } from "../../stack/cache_dir.ts";
import { canReach, unprivilegedUser } from "../../stack/processes/unprivileged_user.ts";

it("cacheDir() exists and can be reached by the user the server runs as", () => {
  const dir = cacheDir();
  expect(existsSync(dir)).toBe(true);
  expect(canReach(dir, unprivilegedUser())).toBe(true);
});
