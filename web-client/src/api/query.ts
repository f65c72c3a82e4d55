/** What stands behind the question mark: only what was said. */
export function query(values: Record<string, string | number | boolean | undefined>): string {
  const said = Object.entries(values).filter(
    (entry): entry is [string, string | number | boolean] => entry[1] !== undefined,
  );
  if (said.length === 0) return "";
  return `?${new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString()}`;
}
