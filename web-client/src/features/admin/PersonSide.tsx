import { useState } from "react";
import { Form } from "react-aria-components";
import {
  addUser,
  changeUser,
  removeUser,
  renewPassword,
  resetSecondFactor,
  type Me,
  type Person,
  type Role,
  type User,
} from "../../api/accounts";
import type { Post } from "../../api/phones";
import { useText } from "../../i18n";
import { Button, Choice, Confirm, copyText, Field, FormError } from "../../ui";
import { useForm } from "../../useForm";
import { Check, listIn, orNull } from "./telephony/shared";
import { Side } from "./telephony/Side";

interface Props {
  me: Me;
  /** Nothing for somebody new. */
  user: User | undefined;
  posts: readonly Post[];
  /** The password that was just made for this account. */
  told: string | undefined;
  onTold: (id: string, password: string | undefined) => void;
  onChanged: (what: string) => void;
  onMade: (user: User, what: string) => void;
  onRemoved: (what: string) => void;
  onClose: () => void;
}

const fields = ["name", "email", "function", "rank", "languages", "extension"];

/** The card of one person: who it is, where, and what the account may do. */
export function PersonSide({ me, user, posts, told, onTold, onChanged, onMade, onRemoved, onClose }: Props) {
  const text = useText("people", "telephony");
  const words = text.people;
  const form = useForm();
  const own = user?.id === me.id;
  const [name, setName] = useState(user?.name ?? "");
  const [email, setEmail] = useState(user?.email ?? "");
  const [does, setDoes] = useState(user?.function ?? "");
  const [post, setPost] = useState(String(user ? (user.post ?? "") : (me.post ?? "")));
  const [extension, setExtension] = useState(user?.extension ?? "");
  const [rank, setRank] = useState(String(user?.rank ?? ""));
  const [tongues, setTongues] = useState(user?.languages.join(", ") ?? "");
  const [role, setRole] = useState<Role>(user?.role ?? "user");
  const [disabled, setDisabled] = useState(user?.disabled ?? false);

  const save = () =>
    form.submit(async () => {
      const person: Person = {
        name,
        email,
        function: does,
        rank: rank.trim() === "" ? null : Number(rank),
        languages: listIn(tongues),
        extension: orNull(extension),
        ...(!own && { role, disabled }),
        ...(me.may.administer && { post: post === "" ? null : Number(post) }),
      };
      if (user) {
        await changeUser(user.id, person);
        onChanged(words.saved(name));
        return;
      }
      const made = await addUser(person);
      onTold(made.id, made.initial_password);
      onMade(made, words.added(made.name));
    });

  return (
    <Side
      kind={words.one}
      title={user?.name ?? words.fresh}
      {...(user && user.function !== "" ? { subtitle: user.function } : {})}
      onClose={onClose}
    >
      {told !== undefined && user && <Initial name={user.name} password={told} />}
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <FormError>{form.errorElsewhere(...fields)}</FormError>
        <Field
          label={words.name}
          error={form.errorAt("name")}
          name="name"
          autoComplete="off"
          maxLength={100}
          value={name}
          onChange={setName}
          isRequired
        />
        <Field
          label={words.function}
          help={words.functionHelp}
          error={form.errorAt("function")}
          name="function"
          autoComplete="off"
          maxLength={120}
          value={does}
          onChange={setDoes}
        />
        <Field
          label={words.email}
          error={form.errorAt("email")}
          name="email"
          type="email"
          autoComplete="off"
          value={email}
          onChange={setEmail}
          isRequired
        />
        {me.may.administer && (
          <Choice
            label={words.post}
            options={[
              { id: "", word: words.noPost },
              ...posts.map(({ id, name: called }) => ({ id: String(id), word: called })),
            ]}
            chosen={post}
            onChoose={setPost}
          />
        )}
        <div className="pair">
          <Field
            label={words.extension}
            error={form.errorAt("extension")}
            name="extension"
            inputMode="numeric"
            autoComplete="off"
            maxLength={10}
            value={extension}
            onChange={setExtension}
          />
          <Field
            label={words.rank}
            error={form.errorAt("rank")}
            name="rank"
            inputMode="numeric"
            autoComplete="off"
            maxLength={4}
            value={rank}
            onChange={setRank}
          />
        </div>
        <Field
          label={words.languages}
          help={words.languagesHelp}
          error={form.errorAt("languages")}
          name="languages"
          autoComplete="off"
          maxLength={60}
          value={tongues}
          onChange={setTongues}
        />
        {me.may.administer && !own && (
          <Choice
            label={words.role}
            options={(["user", "protocol-officer", "it-officer", "administrator"] as const).map((each) => ({
              id: each,
              word: words.roles[each],
            }))}
            chosen={role}
            onChoose={(next) => setRole(next as Role)}
          />
        )}
        {role === "it-officer" && post === "" && <p className="notice warn sm">{words.officerNeedsPost}</p>}
        {user && !own && <Check label={words.disable} checked={disabled} onChange={setDisabled} />}
        <Button rank="primary" type="submit" isPending={form.sending}>
          {user ? text.telephony.save : words.create}
        </Button>
      </Form>
      {user && !own && (
        <Repairs
          user={user}
          onChanged={onChanged}
          onTold={(password) => onTold(user.id, password)}
          onRemoved={() => onRemoved(words.removed(user.name))}
        />
      )}
    </Side>
  );
}

/** What helps somebody who cannot get in, and what ends an account. */
function Repairs({
  user,
  onChanged,
  onTold,
  onRemoved,
}: {
  user: User;
  onChanged: (what: string) => void;
  onTold: (password: string) => void;
  onRemoved: () => void;
}) {
  const words = useText("people").people;
  const form = useForm();
  const [asking, setAsking] = useState<"password" | "factor" | "remove">();
  const steps = {
    password: {
      word: words.renew,
      title: words.renewTitle,
      help: words.renewHelp(user.name),
      act: async () => {
        onTold(await renewPassword(user.id));
        onChanged(words.renewed(user.name));
      },
    },
    factor: {
      word: words.resetFactor,
      title: words.resetFactorTitle,
      help: words.resetFactorHelp(user.name),
      act: async () => {
        await resetSecondFactor(user.id);
        onChanged(words.factorReset(user.name));
      },
    },
    remove: {
      word: words.remove,
      title: words.removeTitle,
      help: words.removeHelp(user.name),
      act: async () => {
        await removeUser(user.id);
        onRemoved();
      },
    },
  };
  const step = asking && steps[asking];

  return (
    <section className="acts" aria-label={words.repairs}>
      <FormError>{form.errorElsewhere()}</FormError>
      {user.origin === "local" ? (
        <Button onPress={() => setAsking("password")}>{words.renew}</Button>
      ) : (
        <p className="sm q2">{words.kept[user.origin]}</p>
      )}
      {user.second_factor && <Button onPress={() => setAsking("factor")}>{words.resetFactor}</Button>}
      <Button rank="ghost" onPress={() => setAsking("remove")}>
        {words.remove}
      </Button>
      {step && (
        <Confirm
          title={step.title}
          help={step.help}
          action={step.word}
          onConfirm={() => void form.submit(step.act)}
          onClose={() => setAsking(undefined)}
        />
      )}
    </section>
  );
}

/** A password that was made, for whoever hands it on. */
function Initial({ name, password }: { name: string; password: string }) {
  const words = useText("people").people;
  const [copied, setCopied] = useState(false);
  return (
    <section className="slip" role="group" aria-label={words.initialTitle}>
      <h3>{words.initialTitle}</h3>
      <p className="initial">{password}</p>
      <p className="sm">{words.initialHelp(name)}</p>
      <p>
        <Button small onPress={() => void copyText(password).then(() => setCopied(true))}>
          {copied ? words.copied : words.copy}
        </Button>
      </p>
    </section>
  );
}
