export { stayAwake } from "./wake-lock";
