/** Name of a table for people, as `shop.orders`. */
export function tableName({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`;
}
