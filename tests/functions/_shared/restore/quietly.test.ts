import { describe, expect, it } from "vitest";
import { quietly } from "../../../../functions/_shared/restore/quietly.ts";

describe("quietly()", () => {
  it("quietly() makes a transaction a replica's where the role may do this, and leaves it as it is where not", () => {
    expect(`begin; ${quietly({ mayReplicate: true })}select 1`).toBe("begin; set local session_replication_role = replica; select 1");
    expect(`begin; ${quietly({ mayReplicate: false })}select 1`).toBe("begin; select 1");
  });
});
