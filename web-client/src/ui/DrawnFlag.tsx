import type { ReactNode } from "react";
import { flags, HEIGHT, starPoints, WIDTH, type Flag as Cloth, type Mark } from "./flags";

/** The flag of a country beside its name, which says it; by its code where the flag is not simple. */
export function DrawnFlag({ country, small = false }: { country: string; small?: boolean }) {
  const cloth = flags.get(country);
  const size = small ? "flag s" : "flag";
  if (!cloth)
    return (
      <span className={`${size} code`} aria-hidden>
        {country}
      </span>
    );
  return (
    <span className={size} aria-hidden>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
        {stripesOf(cloth)}
        {cloth.marks.map((mark, at) => (
          <g key={at}>{drawn(mark)}</g>
        ))}
      </svg>
    </span>
  );
}

function stripesOf({ run, stripes }: Cloth): ReactNode {
  const whole = stripes.reduce((sum, [, width]) => sum + width, 0);
  const side = run === "across" ? HEIGHT : WIDTH;
  let from = 0;
  return stripes.map(([fill, width], at) => {
    const length = (width / whole) * side;
    const rect =
      run === "across"
        ? { x: 0, y: from, width: WIDTH, height: length }
        : { x: from, y: 0, width: length, height: HEIGHT };
    from += length;
    return <rect key={at} {...rect} fill={fill} />;
  });
}

function drawn(mark: Mark): ReactNode {
  switch (mark.is) {
    case "rect":
      return <rect x={mark.x} y={mark.y} width={mark.width} height={mark.height} fill={mark.fill} />;
    case "disc":
      return <circle cx={mark.x} cy={mark.y} r={mark.r} fill={mark.fill} />;
    case "star":
      return <polygon points={starPoints(mark.x, mark.y, mark.r)} fill={mark.fill} />;
    case "shape":
      return <polygon points={mark.points} fill={mark.fill} />;
    case "cross":
      return (
        <path
          d={`M0 ${HEIGHT / 2}H${WIDTH}M${UPRIGHT} 0V${HEIGHT}`}
          stroke={mark.fill}
          strokeWidth={mark.width}
        />
      );
    case "wheel":
      return (
        <g stroke={mark.stroke} fill="none" strokeWidth="0.5">
          <circle cx={mark.x} cy={mark.y} r={mark.r} />
          {Array.from({ length: SPOKES / 2 }, (_, at) => (
            <path
              key={at}
              d={`M${mark.x - mark.r} ${mark.y}h${2 * mark.r}`}
              strokeWidth="0.25"
              transform={`rotate(${(at * 360) / SPOKES} ${mark.x} ${mark.y})`}
            />
          ))}
        </g>
      );
  }
}

/** Where the upright of a Nordic cross stands. */
const UPRIGHT = 13;
const SPOKES = 24;
