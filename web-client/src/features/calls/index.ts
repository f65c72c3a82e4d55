export { CallsPage } from "./CallsPage";
