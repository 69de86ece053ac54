/** Works on all items, so many at once. The first failure ends it; what is under way is waited for. */
export async function sideBySide<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  let failed = false;
  const settled = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, async () => {
    for (const item of queue) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }));
  const first = settled.find((one) => one.status === "rejected");
  if (first !== undefined) throw first.reason;
}
