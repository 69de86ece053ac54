import { describe, expect, it } from "vitest";
import { parseInstallRecord, renderInstallRecord } from "../../../cli/install/install_record.ts";

const HASH = "a".repeat(64);
const RECORD = {
  version: "1.0.0", migrations: [{ release: "1_holdfast.sql", file: "2_holdfast.sql", sha256: HASH }],
  functions: { one: { entrypoint: "./holdfast/one/index.ts", import_map: "./holdfast/deno.json", verify_jwt: false } }, files: { "b.ts": HASH, "a/a.ts": HASH },
};

describe("renderInstallRecord()", () => {
  it("renderInstallRecord() writes what parseInstallRecord() reads", () => {
    expect(parseInstallRecord(renderInstallRecord(RECORD))).toMatchObject(RECORD);
  });
  it("renderInstallRecord() gives the same text whatever the order of the files", () => {
    expect(renderInstallRecord({ ...RECORD, files: { "a/a.ts": HASH, "b.ts": HASH } })).toBe(renderInstallRecord(RECORD));
  });
});

describe("parseInstallRecord()", () => {
  it.each<[string, string, string]>([
    ["no JSON", "{", "It is not JSON."], ["a later format", renderInstallRecord(RECORD).replace('"format": 1', '"format": 2'), "format"],
    ["a path out of the folder", renderInstallRecord(RECORD).replace("b.ts", "../../b.ts"), "files"],
    ...["a\\\\b.ts", "c:b.ts", "a//b.ts", "./b.ts", "a/../b.ts", "/b.ts", ""].map((path): [string, string, string] => [`the path ${JSON.stringify(path)}`, renderInstallRecord(RECORD).replace("b.ts", path), "files"]),
    ["a migration in another folder", renderInstallRecord(RECORD).replace("2_holdfast.sql", "2_/../../x.sql"), "migrations.0.file"],
    ["a hash that is none", renderInstallRecord(RECORD).replaceAll(HASH, "a"), "sha256"],
  ])("parseInstallRecord() rejects %s with HF924, and says how to get it back", (_, text, detail) => {
    expect(() => parseInstallRecord(text)).toThrow(expect.objectContaining({ code: "HF924", detail: expect.stringContaining(detail), hint: expect.stringContaining("git checkout") }));
  });
});
