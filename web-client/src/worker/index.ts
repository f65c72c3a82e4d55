export { useMeets } from "./meeting";
export { ShellLine } from "./ShellLine";
