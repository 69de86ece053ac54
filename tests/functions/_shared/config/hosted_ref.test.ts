import { expect, it } from "vitest";
import { hostedRef } from "../../../../functions/_shared/config/hosted_ref.ts";

it.each([
  ["https://abcdefghijklmnopqrst.supabase.co", "abcdefghijklmnopqrst"], ["https://abcdefghijklmnopqrst.supabase.co/functions/v1", "abcdefghijklmnopqrst"],
  ["http://127.0.0.1:54321", null], ["https://abcdefghijklmnopqrst.supabase.community", null], ["https://api.example.com", null], [undefined, null],
])("hostedRef() of %s is %s", (url, ref) => expect(hostedRef(url)).toBe(ref));
