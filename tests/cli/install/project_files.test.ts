import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ProjectFiles } from "../../../cli/install/project_files.ts";
import { REPOSITORY } from "../../support/run_supabase.ts";
import { temporaryProject } from "../../support/temporary_project.ts";

const TEXT = Buffer.from("text\n");
const refused = (code: string, message: string | RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message), hint: expect.any(String) });
function outside(): string {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-outside-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe("ProjectFiles", () => {
  it("ProjectFiles refuses a folder that is no project, and says what to do", () => {
    const { root, remove, write } = temporaryProject();
    expect(() => new ProjectFiles(join(root, "gone"))).toThrow(refused("HF920", /gone does not exist/));
    expect(() => new ProjectFiles(join(root, "supabase"))).toThrow(expect.objectContaining({ code: "HF920", hint: expect.stringContaining(`seems to be ${root}`) }));
    remove("supabase");
    expect(() => new ProjectFiles(root)).toThrow(expect.objectContaining({ code: "HF920", message: expect.stringContaining("no supabase/config.toml"), hint: expect.stringContaining("npx supabase init") }));
    write("supabase", "a file");
    expect(() => new ProjectFiles(root)).toThrow(refused("HF920", "is not a Supabase project"));
  });
  it("ProjectFiles writes whole files, makes their folders, keeps permissions and leaves no draft", () => {
    const { root, read, has } = temporaryProject();
    const files = new ProjectFiles(root);
    files.write("supabase/holdfast/a/b.ts", TEXT);
    chmodSync(join(root, "supabase/config.toml"), 0o600);
    writeFileSync(join(root, "supabase/holdfast/.draft"), "of a command that was killed");
    files.write("supabase/config.toml", TEXT);
    expect([read("supabase/holdfast/a/b.ts"), read("supabase/config.toml"), has("supabase/holdfast/.draft")]).toEqual(["text\n", "text\n", false]);
    expect(statSync(join(root, "supabase/config.toml")).mode & 0o777).toBe(0o600);
    expect([files.read("supabase/none"), files.list("supabase/none"), files.list("supabase/holdfast")]).toEqual([null, [], ["a"]]);
  });
  it("ProjectFiles removes a file and the folders it leaves empty, no others", () => {
    const { root, has } = temporaryProject({ "supabase/holdfast/a/b/c.ts": "", "supabase/holdfast/d.ts": "" });
    new ProjectFiles(root).remove("supabase/holdfast/a/b/c.ts");
    expect([has("supabase/holdfast/a"), has("supabase/holdfast/d.ts")]).toEqual([false, true]);
  });
  it("ProjectFiles refuses a path out of the project", () => {
    const { root } = temporaryProject();
    const files = new ProjectFiles(root);
    for (const path of ["../a.ts", "supabase/../../a.ts"]) {
      for (const task of [() => files.read(path), () => files.list(path), () => files.write(path, TEXT), () => files.remove(path)]) expect(task).toThrow(refused("HF925", /leads out of the project/));
    }
    expect(existsSync(join(root, "../a.ts"))).toBe(false);
  });
  it("ProjectFiles never follows a link out of the project, whatever it leads to", () => {
    const elsewhere = outside();
    writeFileSync(join(elsewhere, "config.toml"), "secret = 1\n");
    const { root, has, remove } = temporaryProject({ "supabase/holdfast/keep.ts": "" });
    const files = new ProjectFiles(root);
    symlinkSync(elsewhere, join(root, "supabase/migrations"));
    symlinkSync(join(elsewhere, "gone"), join(root, "supabase/holdfast/dangling"));
    symlinkSync("loop", join(root, "supabase/holdfast/loop"));
    symlinkSync(join(elsewhere, "config.toml"), join(root, "supabase/holdfast/.draft"));
    for (const task of [() => files.write("supabase/migrations/1_a.sql", TEXT), () => files.read("supabase/migrations/1_a.sql"), () => files.list("supabase/migrations"), () => files.write("supabase/holdfast/keep.ts", TEXT)]) {
      expect(task).toThrow(refused("HF925", /symbolic link that leads out of the project/));
    }
    remove("supabase/holdfast/.draft");
    for (const link of ["dangling", "loop"]) expect(() => files.write(`supabase/holdfast/${link}`, TEXT)).toThrow(refused("HF925", /which does not exist/));
    expect([existsSync(join(elsewhere, "1_a.sql")), readFileSync(join(elsewhere, "config.toml"), "utf8"), has("supabase/holdfast/keep.ts")]).toEqual([false, "secret = 1\n", true]);
  });
  it("ProjectFiles follows a link inside of the project, and keeps the link", () => {
    const { root, read } = temporaryProject({ "db/migrations/1_a.sql": "old", "db/config.toml": "old", "supabase/x": "" });
    symlinkSync("../db/migrations", join(root, "supabase/migrations"));
    symlinkSync("../db/config.toml", join(root, "supabase/linked.toml"));
    const files = new ProjectFiles(root);
    files.write("supabase/migrations/2_b.sql", TEXT);
    files.write("supabase/linked.toml", TEXT);
    expect([read("db/migrations/2_b.sql"), read("db/config.toml"), files.list("supabase/migrations")]).toEqual(["text\n", "text\n", ["1_a.sql", "2_b.sql"]]);
    expect(read("supabase/linked.toml")).toBe("text\n");
  });
  it("ProjectFiles refuses what is in the way, by name", () => {
    const { root } = temporaryProject({ "supabase/migrations": "a file", "supabase/functions": "a file" });
    mkdirSync(join(root, "supabase/holdfast/one.ts"), { recursive: true });
    const files = new ProjectFiles(root);
    expect(() => files.write("supabase/migrations/1_a.sql", TEXT)).toThrow(refused("HF925", "supabase/migrations is a file, where Holdfast needs a folder"));
    expect(() => files.list("supabase/functions")).toThrow(refused("HF925", "supabase/functions is a file"));
    expect(() => files.read("supabase/holdfast/one.ts")).toThrow(refused("HF925", "is a folder or a device"));
  });
  it("ProjectFiles says of a folder that may not be written to which one and why", () => {
    const { root, write } = temporaryProject();
    write("write.mjs", `import { register } from ${JSON.stringify(join(REPOSITORY, "node_modules/tsx/dist/esm/api/index.mjs"))};
      register();
      const { ProjectFiles } = await import(${JSON.stringify(join(REPOSITORY, "cli/install/project_files.ts"))});
      try { new ProjectFiles(${JSON.stringify(root)}).write("supabase/holdfast/a.ts", Buffer.from("")); } catch (error) { console.log(JSON.stringify(error)); }`);
    chmodSync(join(root, "supabase"), 0o555);
    chmodSync(root, 0o755);
    // Root may write everywhere, so somebody else has to try.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { stdout, stderr } = spawnSync(process.execPath, [join(root, "write.mjs")], { ...nobody, encoding: "utf8", env: { PATH: process.env["PATH"], TSX_DISABLE_CACHE: "1" } });
    expect(JSON.parse(stdout === "" ? JSON.stringify(stderr) : stdout)).toMatchObject({ code: "HF910", message: expect.stringMatching(/^Cannot write supabase\/holdfast\/a\.ts in .* \(EACCES\)$/), hint: expect.stringContaining("same command again") });
  });
});
