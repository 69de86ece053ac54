import { optionalExtension } from "./extension_check.ts";

/** pgTAP runs the tests in the database. */
export const pgTap = optionalExtension({
  name: "pgtap",
  usable: "backup._pgtap_schema() is not null",
  fix: "create extension pgtap with schema extensions; select backup.install_tests();",
}, "the tests in the database and your invariants of schema backup_tests are not run");
