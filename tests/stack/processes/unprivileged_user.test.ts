import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { canReach, giveTo, unprivilegedUser } from "../../../stack/processes/unprivileged_user.ts";

it("unprivilegedUser() names another account for root and none for anybody else", () => {
  const user = unprivilegedUser();
  if (process.getuid?.() === 0) expect(user?.uid).toBeGreaterThan(0);
  else expect(user).toBeUndefined();
});

it("canReach() notices a closed directory on the way, also to a path that does not exist yet", () => {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-reach-"));
  mkdirSync(join(dir, "below"));
  const stranger = { uid: 4_242, gid: 4_242 };
  chmodSync(dir, 0o700);
  expect(canReach(join(dir, "below", "later"), stranger)).toBe(false);
  chmodSync(dir, 0o711);
  expect(canReach(join(dir, "below", "later"), stranger)).toBe(true);
  expect(canReach(join(dir, "below"), undefined)).toBe(true);
  rmSync(dir, { recursive: true });
});

it("giveTo() changes the owner, and does nothing without a user", () => {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-give-"));
  const user = unprivilegedUser();
  giveTo(user, dir);
  expect(statSync(dir).uid).toBe(user?.uid ?? process.getuid?.());
  rmSync(dir, { recursive: true });
});
