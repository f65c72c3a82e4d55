//! What screen readers say of what happens in session.

export { Announcer } from "./Announcer";
export { WishesForm } from "./WishesForm";
