export { NumberField } from "./NumberField";
export { useFound } from "./useFound";
