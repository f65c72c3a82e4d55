import type { Call } from "../../../api/phones";
import { useText } from "../../../i18n";
import { spanOf, useMoment } from "./shared";

/** Legs of calls, a line for each. */
export function CallTable({ calls }: { calls: readonly Call[] }) {
  const text = useText();
  const words = text.telephony.calls;
  const moment = useMoment();

  return (
    <table className="data">
      <thead>
        <tr>
          <th scope="col">{words.began}</th>
          <th scope="col">{words.from}</th>
          <th scope="col">{words.to}</th>
          <th scope="col">{words.route}</th>
          <th scope="col" className="num">
            {words.talked}
          </th>
          <th scope="col">{words.outcome}</th>
          <th scope="col">{words.sound}</th>
        </tr>
      </thead>
      <tbody>
        {calls.map((call) => (
          <tr key={call.id}>
            <td className="q2">{moment(call.began)}</td>
            <td>
              <span className="b">{call.from}</span> <span className="q3">{call.from_name}</span>
            </td>
            <td className="b">{call.to === "" ? call.dialled : call.to}</td>
            <td className="q2">
              {words.directions[call.direction]} · {call.trunk ?? words.inside}
            </td>
            <td className="num">{spanOf(call.talked)}</td>
            <td className="q2">{outcomeOf(call, words)}</td>
            <td className="q2">{soundOf(call, words)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Words = ReturnType<typeof useText>["telephony"]["calls"];

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
