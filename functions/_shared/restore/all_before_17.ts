/** What PostgreSQL 16 and older call all rights on a table; 17 has one more, MAINTAIN, which its owner needs for ANALYZE and VACUUM. */
export const ALL_BEFORE_17: readonly string[] = ["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"];
