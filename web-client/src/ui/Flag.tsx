import { lazy, Suspense } from "react";

const Drawn = lazy(async () => {
  try {
    return { default: (await import("./DrawnFlag")).DrawnFlag };
  } catch {
    // The name beside it says whose it would be.
    return { default: Blank };
  }
});

interface Props {
  /** ISO 3166. */
  country: string;
  small?: boolean;
}

/** A country's flag beside its name. Decoration: the drawings come when the first one is shown. */
export function Flag(props: Props) {
  return (
    <Suspense fallback={<Blank {...props} />}>
      <Drawn {...props} />
    </Suspense>
  );
}

function Blank({ small = false }: Props) {
  return <span className={small ? "flag s" : "flag"} aria-hidden />;
}
