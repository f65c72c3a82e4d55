import type { ReactNode } from "react";

/** One component and its states. */
export function Shown({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className="shown" aria-label={name}>
      <h2>{name}</h2>
      <div className="states">{children}</div>
    </section>
  );
}
