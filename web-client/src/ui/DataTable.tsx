import type { ReactNode } from "react";

interface Props {
  /** What the table is called, and the card around it: whoever cannot see it is told where it begins. */
  label: string;
  className?: string;
  /** What stands in the card below the table. */
  below?: ReactNode;
  /** Its head and its lines. */
  children: ReactNode;
}

/** A table in a card that scrolls, by keys too, where it is wider than the page. */
export function DataTable({ label, className, below, children }: Props) {
  return (
    <div
      className={className ? `card scrolls ${className}` : "card scrolls"}
      role="group"
      aria-label={label}
      tabIndex={0}
    >
      <table className="data" aria-label={label}>
        {children}
      </table>
      {below}
    </div>
  );
}
