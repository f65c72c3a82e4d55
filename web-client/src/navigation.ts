//! The address bar as state: where we are, and how to go elsewhere without loading the page again.

import { useSyncExternalStore } from "react";
import { routeOf, type Route } from "./routes";

const listeners = new Set<() => void>();
const changed = () => listeners.forEach((listener) => listener());

/** Goes to a page of ours. */
export function go(path: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", path);
  else history.replaceState(null, "", path);
  window.scrollTo(0, 0);
  changed();
}

/** The page we are on. */
export function useRoute(): Route {
  const address = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  const [path = "/", query = ""] = address.split("?");
  return routeOf(path, query);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}
