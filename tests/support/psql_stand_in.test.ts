import { describe, expect, it } from "vitest";
import { splitStatements } from "./psql_stand_in.ts";

const texts = (script: string): string[] => splitStatements(script).map((tokens) => tokens.map(({ text }) => text).join("").trim());

describe("splitStatements()", () => {
  it("splitStatements() splits at semicolons outside of quotes, brackets and comments", () => {
    expect(texts(`select ';', "a;b", E'\\';', $$;$$, $x$ $$; $x$ -- ;
      ; create rule r as on insert to t do (select 1; select 2); /* ; */ select 3;
      -- the end`)).toEqual([
      `select ';', "a;b", E'\\';', $$;$$, $x$ $$; $x$ -- ;`, "create rule r as on insert to t do (select 1; select 2)", "/* ; */ select 3"]);
  });

  it("splitStatements() keeps the body of a function together and not what looks like one", () => {
    const body = "create function f() returns integer begin atomic select case when true then 1 end; select 2; end";
    expect(texts(`${body}; begin; select 1; end;`)).toEqual([body, "begin", "select 1", "end"]);
  });

  it("splitStatements() ends a statement at a command of psql", () => {
    expect(splitStatements("select 1 \\gexec\nanalyze;").map((tokens) => tokens.map(({ kind }) => kind).includes("command"))).toEqual([true, false]);
  });

  it("splitStatements() tells where psql replaces variables", () => {
    expect(splitStatements(`select :'a'::jsonb, ':''b''', x::text`)[0]?.filter(({ text }) => text.includes(":'")))
      .toEqual([{ kind: "plain", text: ":'a'" }, { kind: "quoted", text: "':''b'''" }]);
  });
});
