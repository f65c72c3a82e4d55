//! Where somebody works, in words.

import type { Words } from "../../i18n";
import type { Person } from "./view";

/** `Ambassade à Rome, poste 2114`, as far as it is known. */
export const placeOf = (text: Words, { post, extension }: Person): string =>
  [post, extension === "" ? "" : text.app.extension(extension)].filter((part) => part !== "").join(", ");
