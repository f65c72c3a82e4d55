import type { Call } from "../../../api/phones";
import { useText, type Words as Catalogue } from "../../../i18n";
import { spanOf, useMoment } from "./shared";
import { Table } from "./Table";

/** Legs of calls, a line for each. */
export function CallTable({ label, calls, none }: { label: string; calls: readonly Call[]; none: string }) {
  const text = useText("telephony");
  const words = text.telephony.calls;
  const moment = useMoment();

  return (
    <Table
      label={label}
      items={calls}
      keyOf={({ id }) => String(id)}
      columns={[
        { head: words.began, cell: ({ began }) => moment(began) },
        {
          head: words.from,
          cell: ({ from, from_name }) => (
            <>
              <span className="b">{from}</span> <span className="q3">{from_name}</span>
            </>
          ),
        },
        { head: words.to, cell: ({ to, dialled }) => (to === "" ? dialled : to), rank: "main" },
        {
          head: words.route,
          cell: ({ direction, trunk }) => `${words.directions[direction]} · ${trunk ?? words.inside}`,
        },
        { head: words.talked, cell: ({ talked }) => spanOf(talked), rank: "number" },
        { head: words.outcome, cell: (call) => outcomeOf(call, words) },
        { head: words.sound, cell: (call) => soundOf(call, words) },
      ]}
      none={none}
    />
  );
}

type Words = Catalogue<"telephony">["telephony"]["calls"];

function outcomeOf({ cause, answered, ended }: Call, words: Words): string {
  if (ended === null) return answered === null ? words.ringing : words.talking;
  const [word = "", detail = ""] = (cause ?? "").split(" ");
  const sentence = word in words.causes ? words.causes[word as keyof typeof words.causes] : word;
  return detail === "" ? sentence : `${sentence} (${detail})`;
}

function soundOf({ codec, encrypted, packets_lost }: Call, words: Words): string {
  if (codec === null) return "–";
  const parts = [codec, encrypted ? words.encrypted : words.clear];
  if (packets_lost > 0) parts.push(words.lost(packets_lost));
  return parts.join(", ");
}
