import { useText } from "../../i18n";

interface Props {
  share: number;
  goal: { from: number; to: number };
}

/** The ministry's goal as a band, and where we are. */
export function Goal({ share, goal }: Props) {
  const words = useText("savings").savings;
  const where = Math.min(100, Math.max(0, share));
  const x = (percent: number) => percent * 5.6;
  return (
    <svg
      className="goal"
      viewBox="-2 0 564 40"
      role="img"
      aria-label={words.goalShown(share, goal.from, goal.to)}
    >
      <rect className="all" y="5" width="560" height="8" rx="2" />
      <rect className="band" x={x(goal.from)} y="5" width={x(goal.to - goal.from)} height="8" />
      <rect className="mark" x={x(where) - 2} y="0" width="4" height="18" rx="2" />
      <text x={x(goal.from)} y="32" textAnchor="middle">{`${goal.from}\u00a0%`}</text>
      <text x={x(goal.to)} y="32" textAnchor="middle">{`${goal.to}\u00a0%`}</text>
    </svg>
  );
}
