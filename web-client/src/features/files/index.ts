//! Files that people hand each other in session.

import { lazy } from "react";

const ui = () => import("./ui");
export const AttachKey = lazy(async () => ({ default: (await ui()).AttachKey }));
export const FileCard = lazy(async () => ({ default: (await ui()).FileCard }));
export { Files, type Posted } from "./files";
export { useFiles } from "./useFiles";
