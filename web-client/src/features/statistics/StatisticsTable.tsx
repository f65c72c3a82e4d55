import { Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useLanguage } from "../../i18n";
import { Button, copyText } from "../../ui";
import type { Meter } from "./meter";
import type { Reading } from "./reading";
import { pathsOf, rowsOf, type Path, type Row } from "./statistics";
import "./statistics.css";

interface Now {
  readings: readonly Reading[];
  rows: readonly Row[];
  paths: readonly Path[];
}

/** What goes over the line, stream by stream, for whoever looks after the network. */
export function StatisticsTable({ meter }: { meter: Meter }) {
  const { text, language } = useLanguage("session");
  const words = text.session.statistics;
  const [{ rows, paths }, setNow] = useState<Now>({ readings: [], rows: [], paths: [] });
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    let here = true;
    const look = async () => {
      const { readings, names } = await meter.read();
      if (!here) return;
      setNow((before) => ({
        readings,
        rows: rowsOf(before.readings, readings, names),
        paths: pathsOf(readings),
      }));
    };
    void look();
    const timer = window.setInterval(() => void look(), EVERY);
    return () => {
      here = false;
      window.clearInterval(timer);
    };
  }, [meter]);

  const figure = (value: number | undefined, unit = "", digits = 0) =>
    value === undefined
      ? ""
      : `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value)}${unit && `\u00a0${unit}`}`;
  const scaled = (value: number | undefined, by: number) => (value === undefined ? undefined : value * by);
  const percent = (value: number | undefined) => figure(scaled(value, 100), "%", 1);
  const millis = (value: number | undefined) => figure(scaled(value, 1_000), "ms");
  const kilobits = (value: number | undefined) => figure(scaled(value, 0.001), "kbit/s");

  const wordsFor = (path: Path) =>
    [
      path.protocol.toUpperCase(),
      path.relayed ? words.relayed : words.direct,
      `${path.local} → ${path.remote}`,
      path.available === undefined ? "" : words.available(kilobits(path.available)),
      path.roundTrip === undefined ? "" : words.roundTripOf(millis(path.roundTrip)),
    ]
      .filter((part) => part !== "")
      .join(", ");
  const cells = (row: Row) => [
    `${words.sources[row.source]} ${row.way === "in" ? "↓" : "↑"}`,
    row.who === "" ? text.meeting.you : row.who,
    row.codec ?? "",
    kilobits(row.bitrate),
    percent(row.loss),
    millis(row.jitter),
    millis(row.roundTrip),
    row.width === undefined || row.height === undefined ? "" : `${row.width} × ${row.height}`,
    figure(row.fps),
    figure(row.freezes),
    percent(row.concealed),
  ];
  const asText = () =>
    [...paths.map(wordsFor), words.columns.join("\t"), ...rows.map((row) => cells(row).join("\t"))].join(
      "\n",
    );

  return (
    <div className="statistics">
      {paths.map((path, index) => (
        <p key={index} className="sm">
          {wordsFor(path)}
        </p>
      ))}
      <div className="scrolls" role="region" aria-label={words.title} tabIndex={0}>
        <table className="data" aria-label={words.title}>
          <thead>
            <tr>
              {words.columns.map((column, index) => (
                <th key={column} scope="col" className={index < 3 ? "" : "num"}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                {cells(row).map((cell, index) => (
                  <td key={words.columns[index]} className={index < 3 ? "" : "num"}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="row">
        <Button small onPress={() => void copyText(asText()).then(setCopied)}>
          <Copy className="i s" aria-hidden />
          {words.copy}
        </Button>
        <span role="status" className="sm q2">
          {copied && words.copied}
        </span>
      </div>
    </div>
  );
}

/** Milliseconds. */
const EVERY = 2_000;
