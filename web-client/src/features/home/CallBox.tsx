import { Phone, PhoneMissed } from "lucide-react";
import { useEffect, useState } from "react";
import { pastCalls } from "../../api/calls";
import { searchDirectory } from "../../api/directory";
import { useLanguage } from "../../i18n";
import { go } from "../../navigation";
import { Button, SearchField } from "../../ui";
import { hourAt, hourOf, isLate, PresenceWord, useNow, usePhone, useTelephone } from "../phone";
import { MOST, whomToCall, type Callee } from "./callees";

/** Whom to call: who could not reach one, who was called last, or whoever is sought. */
export function CallBox() {
  const words = useLanguage("home").text.home;
  const { state } = usePhone();
  const [typed, setTyped] = useState("");
  const callees = useCallees(typed.trim(), state.written);
  // Who has no telephone here calls nobody.
  if (state.extension === null) return null;

  return (
    <section aria-labelledby="callbox">
      <div className="sectionhead">
        <h2 id="callbox">{words.call}</h2>
      </div>
      <div className="card callbox">
        <div className="seek">
          <SearchField label={words.seek} value={typed} onChange={setTyped} />
        </div>
        {callees?.length === 0 && (
          <p className="q3 sm none" role="status">
            {typed === "" ? words.nobody : words.notFound}
          </p>
        )}
        <ul className="list">
          {callees?.map((callee) => (
            <Row key={callee.number} callee={callee} />
          ))}
        </ul>
      </div>
    </section>
  );
}

function Row({ callee }: { callee: Callee }) {
  const { text, language } = useLanguage("home", "phone");
  const words = text.home;
  const { state, asking } = usePhone();
  const telephone = useTelephone();
  const now = useNow(10_000);
  const presence = state.presence[callee.number] ?? callee.presence;
  const there = hourAt(callee.time_zone, language, now);
  const place = [callee.post_name, there].filter(Boolean).join(", ");
  const call = () => {
    go("/calls");
    void telephone?.place(callee.number);
  };
  return (
    <li data-number={callee.number}>
      <span className={callee.missed ? "face missed" : "face"} aria-hidden>
        {callee.missed ? <PhoneMissed className="i" /> : callee.name.charAt(0).toUpperCase()}
      </span>
      <span className="two grow">
        <span className="row">
          <span className="grow">{callee.name || callee.number}</span>
          {presence && !callee.missed && <PresenceWord presence={presence} />}
        </span>
        {callee.missed ? (
          <span>{words.missedAt(hourOf(callee.missed, language))}</span>
        ) : (
          <span className={isLate(callee.time_zone, now) ? "late" : undefined}>{place}</span>
        )}
      </span>
      {callee.missed ? (
        <Button small isDisabled={asking} aria-label={words.backTo(callee.name)} onPress={call}>
          {words.back}
        </Button>
      ) : (
        <Button
          rank="ghost"
          className="icon"
          isDisabled={asking}
          aria-label={words.callTo(callee.name)}
          onPress={call}
        >
          <Phone className="i" aria-hidden />
        </Button>
      )}
    </li>
  );
}

/** A few to call; asked again when one pauses in typing, and when calls have come and gone. */
function useCallees(sought: string, written: number): readonly Callee[] | undefined {
  const [callees, setCallees] = useState<readonly Callee[]>();
  useEffect(() => {
    let asked = true;
    const look = async () => {
      const [{ entries }, { calls }] = await Promise.all([
        searchDirectory({ ...(sought !== "" && { q: sought }), limit: MOST + 1 }),
        sought === "" ? pastCalls({ limit: 30 }) : { calls: [] },
      ]);
      if (asked) setCallees(whomToCall(entries, calls));
    };
    // Whoever is not told here finds the directory and the list of calls a page further.
    const timer = window.setTimeout(() => void look().catch(() => undefined), sought === "" ? 0 : 150);
    return () => {
      asked = false;
      window.clearTimeout(timer);
    };
  }, [sought, written]);
  return callees;
}
