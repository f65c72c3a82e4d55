export { CallsPage } from "./CallsPage";
export { NumberField } from "./NumberField";
