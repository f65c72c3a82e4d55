//! The last admission to a meeting, kept as long as the tab: a reload or a new server need not ask the host again.

import { recallForTab, rememberForTab } from "../../storage";

const key = (code: string) => `admission.${code}`;

export const admissionOf = (code: string): string | null => recallForTab(key(code));

export const keepAdmission = (code: string, token: string): void => rememberForTab(key(code), token);

export const forgetAdmission = (code: string): void => rememberForTab(key(code), null);
