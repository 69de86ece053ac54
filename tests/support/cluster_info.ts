import type { PostgresFlavor } from "../../stack/postgres/find_server.ts";

/** The one PostgreSQL that all test files of a run share. */
export interface ClusterInfo {
  host: string;
  port: number;
  password: string;
  adminRole: string;
  bareTemplate: string;
  flavor: PostgresFlavor;
  /** Directory of the unix socket, which trusts every role name. */
  socketDir: string;
  serverVersion: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    holdfastCluster: ClusterInfo;
  }
}
