export { DesignPage } from "./DesignPage";
export { Shown } from "./Shown";
