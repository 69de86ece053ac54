import { execFileSync } from "node:child_process";
import { chownSync, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

export interface UnprivilegedUser {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root, so root borrows an account that owns nothing. Undefined when we are not root. */
export function unprivilegedUser(): UnprivilegedUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, name], { encoding: "utf8" })));
      if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid };
    } catch {
      // No such account: try the next one.
    }
  }
  return undefined;
}

/** True when the given user may walk to this path, which fails for a checkout under a home directory of mode 700. */
export function canReach(path: string, user: UnprivilegedUser | undefined): boolean {
  if (user === undefined) return true;
  for (let dir = resolve(path);; dir = dirname(dir)) {
    if (existsSync(dir)) {
      const { mode, uid, gid } = statSync(dir);
      const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    }
    if (dir === dirname(dir)) return true;
  }
}

/** Hands a path to the unprivileged user; nothing to do when we already are one. */
export function giveTo(user: UnprivilegedUser | undefined, path: string): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}
