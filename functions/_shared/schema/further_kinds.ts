/** What is captured besides the facts of the schema engine: objects, and properties of tables and columns. */
export const FURTHER_KINDS = [
  "type name", "base type", "cast", "operator", "operator family", "operator class", "text search parser", "text search template",
  "text search dictionary", "text search configuration", "statistics", "conversion", "transform", "access method", "column settings", "index column settings", "column default", "not null", "virtual column", "further parents", "column order", "row type", "clustering",
  "toast options", "unlogged sequence", "sequence owner", "index comment", "aggregate arguments", "storage method", "foreign parent", "trigger state", "foreign column options", "foreign options", "partition index", "index of some", "replica identity",
] as const;

export type FurtherKind = (typeof FURTHER_KINDS)[number];

/** Tells the facts of these objects from those of other tools. */
export const FURTHER = "holdfast";
