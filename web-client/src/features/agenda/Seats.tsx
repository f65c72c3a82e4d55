import { Copy, Link2Off } from "lucide-react";
import { useState } from "react";
import { revokeSeatLink, seatLink, type Schedule, type Seat } from "../../api/schedules";
import { useLanguage } from "../../i18n";
import { Button, copyText, FormError } from "../../ui";
import { useForm } from "../../useForm";

/** Who has answered what, how the mails fare, and the links to hand over. */
export function Seats({ schedule, onChange }: { schedule: Schedule; onChange: () => void }) {
  const { text } = useLanguage("agenda");
  const words = text.agenda.form;
  const form = useForm();
  const [said, setSaid] = useState("");
  const copy = (seat: Seat) =>
    void form.submit(async () => {
      const { link } = await seatLink(schedule.code, seat.id);
      setSaid((await copyText(link)) ? words.linkCopied : words.linkShown(link));
    });
  const seats = schedule.parties.flatMap((party) => party.seats.map((seat) => ({ party, seat })));
  if (seats.length === 0) return null;

  return (
    <section aria-labelledby="seats">
      <h2 id="seats">{words.answersTitle}</h2>
      <FormError>{form.errorElsewhere()}</FormError>
      <p role="status" className="sm said">
        {said}
      </p>
      <ul className="card list">
        {seats.map(({ party, seat }) => (
          <li key={seat.id}>
            <span className="two grow">
              <span>{seat.name}</span>
              <span className="sm q3">
                {party.name} · {seat.answer ? words.given[seat.answer] : words.unanswered}
                {seat.mail !== "none" && ` · ${words.mails[seat.mail]}`}
              </span>
            </span>
            {seat.has_link ? (
              <span className="row">
                <Button
                  rank="ghost"
                  small
                  className="icon"
                  aria-label={words.link(seat.name)}
                  onPress={() => copy(seat)}
                >
                  <Copy className="i s" aria-hidden />
                </Button>
                <Button
                  rank="ghost"
                  small
                  className="icon"
                  aria-label={words.revoke(seat.name)}
                  onPress={() =>
                    void form.submit(async () => {
                      await revokeSeatLink(schedule.code, seat.id);
                      onChange();
                    })
                  }
                >
                  <Link2Off className="i s" aria-hidden />
                </Button>
              </span>
            ) : (
              <span className="tag">{words.revoked}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
