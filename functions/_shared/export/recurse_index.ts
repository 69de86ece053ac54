/** Matches up to the table's name; a quoted name of the index may hold anything. */
const ON_ONLY = /^(CREATE (?:UNIQUE )?INDEX (?:"(?:[^"]|"")*"|[^" ]+) ON )ONLY /;

/**
 * The statement that makes an index of a partitioned table with its partitions. PostgreSQL prints such an index as ON ONLY, for
 * tools that attach the indexes of partitions one by one; executed as it is, that leaves an invalid index and the partitions none.
 */
export function recurseIndex(sql: string): string {
  return sql.replace(ON_ONLY, "$1");
}
