export { OutboxPage } from "./OutboxPage";
