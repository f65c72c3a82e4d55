export { SavingsPage } from "./SavingsPage";
