/** What most code needs from a database session: pg.Client fits, and so does a plain object in a test. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}
