import { useState } from "react";
import { Form } from "react-aria-components";
import { removeConference, setConference, type Conference } from "../../../api/phones";
import { useText } from "../../../i18n";
import { meetingCodeIn } from "../../../routes";
import { Button, Field, FormError } from "../../../ui";
import { useForm } from "../../../useForm";
import { Table } from "./Table";

interface Props {
  conference: Conference;
  onChanged: (what: string) => void;
}

/** The numbers by which telephones come into meetings. */
export function ConferenceNumbers({ conference, onChanged }: Props) {
  const text = useText("telephony");
  const words = text.telephony.conference;
  const form = useForm();
  const [number, setNumber] = useState("");
  const [meeting, setMeeting] = useState("");
  const lines = [
    ...conference.numbers.map((each) => ({ number: each, leads: words.byPin })),
    ...conference.rooms.map((room) => ({ number: room.number, leads: words.toMeeting(room.title) })),
  ];

  return (
    <section aria-labelledby="conference">
      <div className="blockhead">
        <h2 id="conference">{words.title}</h2>
      </div>
      <FormError>{form.errorElsewhere("number", "meeting")}</FormError>
      <Table
        label={words.title}
        items={lines}
        keyOf={(line) => line.number}
        columns={[
          { head: words.number, cell: (line) => line.number, rank: "main" },
          { head: words.leads, cell: (line) => line.leads },
        ]}
        action={{
          word: text.telephony.remove,
          nameOf: (line) => words.removeNamed(line.number),
          onPress: (line) =>
            void form.submit(async () => {
              await removeConference(line.number);
              onChanged(words.removed(line.number));
            }),
        }}
        none={words.none}
      />
      <Form
        className="inline"
        aria-label={words.add}
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => {
            const typed = meeting.trim();
            await setConference(number.trim(), typed === "" ? undefined : (meetingCodeIn(typed) ?? typed));
            onChanged(words.saved(number));
            setNumber("");
            setMeeting("");
          });
        }}
      >
        <Field
          label={words.number}
          error={form.errorAt("number")}
          name="conference-number"
          inputMode="numeric"
          autoComplete="off"
          maxLength={10}
          value={number}
          onChange={setNumber}
          isRequired
        />
        <Field
          label={words.meeting}
          help={words.meetingHelp}
          error={form.errorAt("meeting")}
          name="conference-meeting"
          autoComplete="off"
          maxLength={200}
          value={meeting}
          onChange={setMeeting}
        />
        <Button type="submit" isPending={form.sending}>
          {words.add}
        </Button>
      </Form>
    </section>
  );
}
