import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { clusterTemplate } from "../../../stack/postgres/cluster_template.ts";
import { findServer } from "../../../stack/postgres/find_server.ts";

it("clusterTemplate() is made once per server, stopped, and without a vault key of its own", async () => {
  const server = await findServer(inject("holdfastCluster").flavor);
  const template = await clusterTemplate(server);
  expect(await clusterTemplate(server)).toBe(template);
  expect(existsSync(join(template, "PG_VERSION"))).toBe(true);
  expect(existsSync(join(template, "postmaster.pid"))).toBe(false);
  expect(existsSync(join(template, "holdfast_vault_root.key"))).toBe(false);
});
