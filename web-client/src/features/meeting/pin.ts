/** A PIN as it is read aloud: `1234 5678`, with a space that does not break. */
export const pinInGroups = (pin: string): string => pin.replace(/^(\d{4})(\d{4})$/, "$1\u00a0$2");
