import { expect, it } from "vitest";
import { tableName } from "../../../../functions/_shared/restore/table_name.ts";

it("tableName() is the schema and the name", () => {
  expect(tableName({ schema: "shop", name: "orders" })).toBe("shop.orders");
});
