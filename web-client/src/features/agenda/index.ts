export { AgendaPage } from "./AgendaPage";
export { PlanPage } from "./PlanPage";
