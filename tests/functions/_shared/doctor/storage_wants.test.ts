import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withClient } from "../../../../functions/_shared/database/connect.ts";
import { readStorageWants } from "../../../../functions/_shared/doctor/storage_wants.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { queryRows } from "../../../support/query_rows.ts";

let database: TestDatabase;
beforeAll(async () => void (database = await createTestDatabase({ migrated: true })));
afterAll(() => database.drop());
const wants = () => withClient(database.url, { applicationName: "holdfast test" }, readStorageWants);

describe("readStorageWants()", () => {
  it("readStorageWants() asks for classes of enabled S3 policies only", async () => {
    expect(await wants()).toEqual({ project: "local", objectLock: null, deletes: false, classes: [], enabled: false });
    await queryRows(database.url, "select backup.enable(); update backup.settings set project_ref = 'clinic', object_lock = 'GOVERNANCE', retention_mode = 'apply' where id");
    expect(await wants()).toEqual({ project: "clinic", objectLock: "GOVERNANCE", deletes: true, enabled: true,
      classes: [{ policy: "secondary_monthly", storageClass: "GLACIER_IR" }, { policy: "secondary_weekly", storageClass: "STANDARD" }] });
  });
});
