/** What a target is and what its role may do, found by looking and by trying, never by assuming a platform. */
export interface TargetInfo {
  database: string;
  /** Of the cluster; null where the role may not ask. With the database's oid it recognises the source. */
  systemIdentifier: string | null;
  databaseOid: number;
  version: string;
  versionNum: number;
  role: string;
  isSuperuser: boolean;
  /** auth and storage belong to somebody else: rows only, no DDL of their own objects. */
  platformSchemas: readonly string[];
  /** Whether `session_replication_role = replica` was tried and worked. */
  mayReplicate: boolean;
  /** Roles that exist, and whether this role can act as each: may give objects to it and change its objects. */
  roles: ReadonlyMap<string, { isMember: boolean }>;
  /** Extensions that can be created, with their default version. */
  availableExtensions: ReadonlyMap<string, string>;
  installedExtensions: ReadonlyMap<string, string>;
  /** Tables with a purpose of their own: not Holdfast's, an extension's or the platform's. */
  userTables: readonly string[];
  hasPgCron: boolean;
  /** Schema backup with its functions is there. */
  hasHoldfast: boolean;
}
