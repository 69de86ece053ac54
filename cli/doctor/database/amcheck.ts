import { optionalExtension } from "./extension_check.ts";

/** amcheck looks inside indexes. */
export const amcheck = optionalExtension({
  name: "amcheck",
  usable: "(select a.call is not null from backup._amcheck_call(false) a)",
  fix: "create extension amcheck with schema extensions;",
}, "check_indexes sees invalid indexes only, not damage inside of them");
