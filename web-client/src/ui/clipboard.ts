/** Copies a text; false where the browser does not let us (plain HTTP on another machine). */
export async function copyText(text: string): Promise<boolean> {
  // The type says it is always there; on plain HTTP it is not.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return false;
  try {
    await clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
