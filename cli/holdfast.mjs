#!/usr/bin/env node
import { isFresh } from "./bundle_freshness.mjs";

// The bundle starts in a fifth of the time. It is left alone as soon as any source is newer, so that what runs is always what
// is there to read.
if (isFresh()) {
  await import("../build/holdfast.mjs");
} else {
  const { register } = await import("tsx/esm/api");
  register();
  await import("./main.ts");
}
