//! Amounts of data in words. Pure.

/** Bytes as megabytes or gigabytes: one decimal below ten, none above. */
export function dataIn(bytes: number, language: string, units: { mega: string; giga: string }): string {
  const [value, unit] = bytes < 999.5e6 ? [bytes / 1e6, units.mega] : [bytes / 1e9, units.giga];
  const digits = value < 9.95 ? 1 : 0;
  return `${new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)}\u00a0${unit}`;
}
