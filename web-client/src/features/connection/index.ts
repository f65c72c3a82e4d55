export { ConnectionPage } from "./ConnectionPage";
