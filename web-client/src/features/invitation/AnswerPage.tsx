import { useCallback, useState } from "react";
import { giveAnswer, openAnswer, type Answer, type Invitation } from "../../api/schedules";
import { useText } from "../../i18n";
import { Button, FormError, Loading, PlainPage, Stamp, useTitle } from "../../ui";
import { useForm } from "../../useForm";
import { useLoaded } from "../../useLoaded";

const answers: readonly Answer[] = ["accepted", "declined", "tentative"];

/** Accepting or declining: the link alone changes nothing, a press does. */
export function AnswerPage({ secret, wanted }: { secret: string; wanted: Answer | undefined }) {
  const text = useText("invitation");
  const load = useCallback(() => openAnswer(secret), [secret]);
  const { value, error } = useLoaded(load);
  useTitle(text.invitation.answer.title);
  if (error !== undefined) return <PlainPage title={text.invitation.answer.title} help={error} />;
  return value ? <Answering secret={secret} wanted={wanted} invitation={value} /> : <Loading />;
}

interface Props {
  secret: string;
  wanted: Answer | undefined;
  invitation: Invitation;
}

function Answering({ secret, wanted, invitation }: Props) {
  const text = useText("invitation");
  const words = text.invitation.answer;
  const form = useForm();
  const [given, setGiven] = useState(invitation.answer);
  // What was pressed in the mail comes first.
  const order = wanted === undefined ? answers : [wanted, ...answers.filter((each) => each !== wanted)];

  return (
    <PlainPage title={invitation.title} help={words.lede}>
      <div className="stack">
        <p>
          <Stamp marking={invitation.marking} />
        </p>
        <p>{text.invitation.invitation.for(invitation.name, invitation.party)}</p>
        <p>{invitation.clocks[0]?.date}</p>
        <dl className="zones">
          {invitation.clocks.map((clock) => (
            <div key={clock.place}>
              <dt>{clock.place}</dt>
              <dd>
                {clock.from} – {clock.to}
              </dd>
            </div>
          ))}
        </dl>
        <p className="q2">{text.invitation.invitation.organizer(invitation.organizer)}</p>
        <FormError>{form.errorElsewhere()}</FormError>
        <p role="status" className="b">
          {given && words.given[given]}
        </p>
        <div className="row">
          {order.map((answer, at) => (
            <Button
              key={answer}
              rank={at === 0 ? "primary" : "plain"}
              isPending={form.sending}
              onPress={() =>
                void form.submit(async () => {
                  await giveAnswer(secret, answer);
                  setGiven(answer);
                })
              }
            >
              {words[answer]}
            </Button>
          ))}
        </div>
      </div>
    </PlainPage>
  );
}
