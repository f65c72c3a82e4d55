//! Where somebody works, in words.

import type { Catalogue } from "../../i18n";
import type { Person } from "./view";

/** `Ambassade à Rome, poste 2114`, as far as it is known. */
export const placeOf = (text: Catalogue, { post, extension }: Person): string =>
  [post, extension === "" ? "" : text.calls.extension(extension)].filter((part) => part !== "").join(", ");
