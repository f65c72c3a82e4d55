import { useState } from "react";
import { Form } from "react-aria-components";
import {
  addDevice,
  changeExtension,
  newPassword,
  removeDevice,
  removeExtension,
  removeRegistration,
  type Credentials,
  type Extension,
  type Post,
  type Registration,
} from "../../../api/phones";
import { useText } from "../../../i18n";
import { Button, Confirm, Field, FormError } from "../../../ui";
import { useForm } from "../../../useForm";
import { Check, orNull, RightsChoice, SiteChoice, useMoment } from "./shared";
import { Side } from "./Side";
import { Slip } from "./Slip";

interface Props {
  extension: Extension;
  posts: readonly Post[];
  registrations: readonly Registration[];
  /** A password made just now. */
  slip: Credentials | undefined;
  onSlip: (slip: Credentials) => void;
  onChanged: (what: string) => void;
  onRemoved: () => void;
  onClose: () => void;
}

/** Everything about one number: what its phone needs, where its calls go, who it is. */
export function ExtensionSide({ extension, slip, onClose, ...rest }: Props) {
  const text = useText("telephony");
  return (
    <Side
      kind={text.telephony.extensions.one}
      title={extension.number}
      subtitle={extension.name}
      onClose={onClose}
    >
      {slip && <Slip credentials={slip} />}
      <Devices extension={extension} {...rest} />
      <Forwards extension={extension} onChanged={rest.onChanged} />
      <Details extension={extension} posts={rest.posts} onChanged={rest.onChanged} />
      <Removal extension={extension} onRemoved={rest.onRemoved} />
    </Side>
  );
}

type DevicesProps = Pick<Props, "extension" | "registrations" | "onSlip" | "onChanged">;

function Devices({ extension, registrations, onSlip, onChanged }: DevicesProps) {
  const text = useText("telephony");
  const words = text.telephony.devices;
  const moment = useMoment();
  const form = useForm();
  const [label, setLabel] = useState("");
  const [asked, setAsked] = useState<{ what: "password" | "remove"; username: string }>();
  const { number } = extension;

  const confirmed = ({ what, username }: { what: "password" | "remove"; username: string }) =>
    form.submit(async () => {
      if (what === "password") {
        onSlip(await newPassword(number, username));
        onChanged(words.passwordMade(username));
      } else {
        await removeDevice(number, username);
        onChanged(words.removed(username));
      }
    });

  return (
    <section aria-label={words.title}>
      <h3>{words.title}</h3>
      <FormError>{form.errorElsewhere("label")}</FormError>
      <ul className="devices sm">
        {extension.devices.map(({ username, label }) => (
          <li key={username}>
            <span className="two grow">
              <span>{username}</span>
              <span>{label === "" ? words.unlabelled : label}</span>
            </span>
            <Button
              rank="ghost"
              small
              aria-label={words.newPasswordFor(username)}
              onPress={() => setAsked({ what: "password", username })}
            >
              {words.newPassword}
            </Button>
            <Button
              rank="ghost"
              small
              aria-label={words.removeNamed(username)}
              onPress={() => setAsked({ what: "remove", username })}
            >
              {words.remove}
            </Button>
          </li>
        ))}
        {extension.devices.length === 0 && <li className="q2">{words.none}</li>}
      </ul>
      {registrations.length > 0 && (
        <ul className="devices sm" aria-label={words.registered}>
          {registrations.map((each) => (
            <li key={each.key}>
              <span className="dot on" />
              <span className="two grow">
                <span>{each.user_agent === "" ? each.device : each.user_agent}</span>
                <span>
                  {each.transport.toUpperCase()} {each.address}, {words.until(moment(each.expires))}
                </span>
              </span>
              <Button
                rank="ghost"
                small
                aria-label={words.disconnectNamed(each.address)}
                onPress={() =>
                  void form.submit(async () => {
                    await removeRegistration(each);
                    onChanged(words.disconnected);
                  })
                }
              >
                {words.disconnect}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Form
        className="addline"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => {
            const made = await addDevice(number, label);
            onSlip(made);
            setLabel("");
            onChanged(words.added(made.username));
          });
        }}
      >
        <div className="grow">
          <Field
            label={words.label}
            error={form.errorAt("label")}
            name="device-label"
            autoComplete="off"
            maxLength={60}
            value={label}
            onChange={setLabel}
          />
        </div>
        <Button type="submit" isPending={form.sending}>
          {words.add}
        </Button>
      </Form>
      {asked && (
        <Confirm
          title={asked.what === "password" ? words.passwordTitle : words.removeTitle}
          help={
            asked.what === "password" ? words.passwordHelp(asked.username) : words.removeHelp(asked.username)
          }
          action={asked.what === "password" ? words.newPassword : words.remove}
          onConfirm={() => void confirmed(asked)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </section>
  );
}

function Forwards({ extension, onChanged }: Pick<Props, "extension" | "onChanged">) {
  const text = useText("telephony");
  const words = text.telephony.forwards;
  const form = useForm();
  const { forward } = extension;
  const [always, setAlways] = useState(forward.always ?? "");
  const [busy, setBusy] = useState(forward.busy ?? "");
  const [noAnswer, setNoAnswer] = useState(forward.no_answer ?? "");
  const [after, setAfter] = useState(String(forward.no_answer_after ?? 20));
  const [quiet, setQuiet] = useState(extension.do_not_disturb);

  const lines = [
    { name: "forward_always", label: words.always, value: always, set: setAlways },
    { name: "forward_busy", label: words.busy, value: busy, set: setBusy },
    { name: "forward_no_answer", label: words.noAnswer, value: noAnswer, set: setNoAnswer },
  ];
  return (
    <section aria-label={words.title}>
      <h3>{words.title}</h3>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => {
            await changeExtension(extension.number, {
              forward: {
                always: orNull(always),
                busy: orNull(busy),
                no_answer: orNull(noAnswer),
                no_answer_after: orNull(noAnswer) === null ? null : Number(after),
              },
              do_not_disturb: quiet,
            });
            onChanged(words.saved(extension.number));
          });
        }}
      >
        <FormError>{form.errorElsewhere(...lines.map(({ name }) => name), "no_answer_after")}</FormError>
        <p className="sm q3">{words.help}</p>
        {lines.map(({ name, label, value, set }) => (
          <Field
            key={name}
            label={label}
            error={form.errorAt(name)}
            name={name}
            inputMode="tel"
            autoComplete="off"
            maxLength={40}
            value={value}
            onChange={set}
          />
        ))}
        {noAnswer.trim() !== "" && (
          <Field
            label={words.after}
            error={form.errorAt("no_answer_after")}
            name="no_answer_after"
            inputMode="numeric"
            autoComplete="off"
            maxLength={3}
            value={after}
            onChange={(typed) => setAfter(typed.replace(/\D/g, ""))}
          />
        )}
        <Check label={words.quiet} checked={quiet} onChange={setQuiet} />
        <Button type="submit" isPending={form.sending}>
          {words.save}
        </Button>
      </Form>
    </section>
  );
}

function Details({ extension, posts, onChanged }: Pick<Props, "extension" | "posts" | "onChanged">) {
  const text = useText("telephony");
  const words = text.telephony.extensions;
  const form = useForm();
  const [name, setName] = useState(extension.name);
  const [post, setPost] = useState(extension.post);
  const [rights, setRights] = useState(extension.rights);
  const [group, setGroup] = useState(extension.pickup_group ?? "");
  const [mailbox, setMailbox] = useState(extension.voicemail_after?.toString() ?? "");

  return (
    <section aria-label={words.details}>
      <h3>{words.details}</h3>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => {
            await changeExtension(extension.number, {
              name,
              post,
              rights,
              pickup_group: orNull(group),
              voicemail_after: mailbox.trim() === "" ? null : Number(mailbox),
            });
            onChanged(words.saved(extension.number));
          });
        }}
      >
        <FormError>{form.errorElsewhere("name", "pickup_group", "voicemail_after")}</FormError>
        <Field
          label={words.holder}
          error={form.errorAt("name")}
          name="holder"
          autoComplete="off"
          maxLength={80}
          value={name}
          onChange={setName}
          isRequired
        />
        <SiteChoice posts={posts} chosen={post} onChoose={setPost} />
        <RightsChoice chosen={rights} onChoose={setRights} />
        <Field
          label={words.pickupGroup}
          help={words.pickupGroupHelp}
          error={form.errorAt("pickup_group")}
          name="pickup_group"
          autoComplete="off"
          maxLength={30}
          value={group}
          onChange={setGroup}
        />
        <Field
          label={words.mailbox}
          help={words.mailboxHelp}
          error={form.errorAt("voicemail_after")}
          name="voicemail_after"
          inputMode="numeric"
          autoComplete="off"
          maxLength={3}
          value={mailbox}
          onChange={setMailbox}
        />
        <Button type="submit" isPending={form.sending}>
          {words.save}
        </Button>
      </Form>
    </section>
  );
}

function Removal({ extension, onRemoved }: Pick<Props, "extension" | "onRemoved">) {
  const text = useText("telephony");
  const words = text.telephony.extensions;
  const form = useForm();
  const [asked, setAsked] = useState(false);

  return (
    <div>
      <FormError>{form.errorElsewhere()}</FormError>
      <Button rank="ghost" small onPress={() => setAsked(true)}>
        {words.remove}
      </Button>
      {asked && (
        <Confirm
          title={words.removeTitle(extension.number)}
          help={words.removeHelp(extension.name)}
          action={words.remove}
          onConfirm={() =>
            void form.submit(async () => {
              await removeExtension(extension.number);
              onRemoved();
            })
          }
          onClose={() => setAsked(false)}
        />
      )}
    </div>
  );
}
