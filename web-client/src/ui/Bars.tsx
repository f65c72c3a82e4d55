/** A link in four bars; the word beside it says the same. */
export function Bars({ of }: { of: "good" | "fair" | "poor" | "lost" }) {
  const full = { good: 4, fair: 3, poor: 2, lost: 0 }[of];
  const tone = { good: "good", fair: "good", poor: "weak", lost: "bad" }[of];
  return (
    <span className={`bars ${tone}`} aria-hidden>
      {[1, 2, 3, 4].map((bar) => (
        <i key={bar} className={bar <= full ? "" : "no"} />
      ))}
    </span>
  );
}
