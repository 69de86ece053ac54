/** Negative when `left` is the older one. A pre-release, 1.0.0-rc.1, comes before its release. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [split(left), split(right)];
  for (const at of [0, 1, 2]) {
    const difference = (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.label === b.label) return 0;
  if (a.label === "" || b.label === "") return a.label === "" ? 1 : -1;
  return a.label.localeCompare(b.label, "en", { numeric: true });
}

function split(version: string): { numbers: number[]; label: string } {
  const [core = "", ...label] = version.split("-");
  return { numbers: core.split(".").map(Number), label: label.join("-") };
}
