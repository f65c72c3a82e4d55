import { useState } from "react";
import {
  addTrunk,
  changeTrunk,
  removeTrunk,
  type Post,
  type Rights,
  type Transport,
  type Trunk,
} from "../../../api/phones";
import { useText } from "../../../i18n";
import { Choice, Field } from "../../../ui";
import { useForm } from "../../../useForm";
import { RecordSide } from "./RecordSide";
import { Check, listIn, orNull, RightsChoice, SiteChoice } from "./shared";

interface Props {
  /** Nothing for a new one. */
  trunk: Trunk | undefined;
  posts: readonly Post[];
  onDone: (what: string) => void;
  onClose: () => void;
}

/** One line to a provider. Its password can be changed but is never shown. */
export function TrunkSide({ trunk, posts, onDone, onClose }: Props) {
  const words = useText("telephony").telephony.lines;
  const form = useForm();
  const [name, setName] = useState(trunk?.name ?? "");
  const [post, setPost] = useState(trunk?.post ?? posts[0]?.id ?? 0);
  const [host, setHost] = useState(trunk?.host ?? "");
  const [port, setPort] = useState(trunk?.port?.toString() ?? "");
  const [transport, setTransport] = useState<Transport>(trunk?.transport ?? "udp");
  const [username, setUsername] = useState(trunk?.username ?? "");
  const [password, setPassword] = useState("");
  const [register, setRegister] = useState(trunk?.register ?? false);
  const [sources, setSources] = useState(trunk?.sources.join(", ") ?? "");
  const [srtp, setSrtp] = useState(trunk?.srtp ?? false);
  const [callerId, setCallerId] = useState(trunk?.caller_id ?? "");
  const [identity, setIdentity] = useState<Trunk["identity"]>(trunk?.identity ?? "from");
  const [calls, setCalls] = useState(String(trunk?.calls ?? 2));
  const [rights, setRights] = useState<Rights>(trunk?.rights ?? "national");
  const [stripPlus, setStripPlus] = useState(trunk?.strip_plus ?? false);
  const [showName, setShowName] = useState(trunk?.show_name ?? false);

  const save = async () => {
    const values = {
      name,
      post,
      host,
      port: port === "" ? null : Number(port),
      transport,
      username: orNull(username),
      register,
      sources: listIn(sources),
      srtp,
      caller_id: orNull(callerId),
      identity,
      calls: Number(calls),
      rights,
      strip_plus: stripPlus,
      show_name: showName,
      ...(password === "" ? {} : { password }),
    };
    await (trunk ? changeTrunk(trunk.id, values) : addTrunk(values));
    return name;
  };

  return (
    <RecordSide
      words={words}
      form={form}
      fields={["name", "host", "port", "username", "password", "sources", "caller_id", "calls"]}
      record={trunk && { title: trunk.name, name: trunk.name, remove: () => removeTrunk(trunk.id) }}
      save={save}
      onDone={onDone}
      onClose={onClose}
    >
      <Field
        label={words.name}
        error={form.errorAt("name")}
        name="name"
        autoComplete="off"
        maxLength={80}
        value={name}
        onChange={setName}
        isRequired
      />
      <SiteChoice posts={posts} chosen={post} onChoose={setPost} />
      <Field
        label={words.host}
        help={words.hostHelp}
        error={form.errorAt("host")}
        name="host"
        autoComplete="off"
        maxLength={253}
        value={host}
        onChange={setHost}
        isRequired
      />
      <div className="pair">
        <Choice
          label={words.transport}
          options={(["udp", "tcp", "tls"] as const).map((each) => ({ id: each, word: each.toUpperCase() }))}
          chosen={transport}
          onChoose={(next) => {
            setTransport(next as Transport);
            if (next !== "tls") setSrtp(false);
          }}
        />
        <Field
          label={words.port}
          error={form.errorAt("port")}
          name="port"
          inputMode="numeric"
          autoComplete="off"
          maxLength={5}
          value={port}
          onChange={(typed) => setPort(typed.replace(/\D/g, ""))}
        />
      </div>
      {transport === "tls" && <Check label={words.srtp} checked={srtp} onChange={setSrtp} />}
      <Field
        label={words.username}
        error={form.errorAt("username")}
        name="trunk-username"
        autoComplete="off"
        maxLength={128}
        value={username}
        onChange={setUsername}
      />
      <Field
        label={words.password}
        help={trunk?.username ? words.passwordKept : words.passwordHelp}
        error={form.errorAt("password") && words.passwordMissing}
        type="password"
        name="trunk-password"
        autoComplete="new-password"
        maxLength={128}
        value={password}
        onChange={setPassword}
      />
      <Check label={words.register} checked={register} onChange={setRegister} />
      <Field
        label={words.sources}
        help={words.sourcesHelp}
        error={form.errorAt("sources")}
        name="sources"
        autoComplete="off"
        maxLength={1_000}
        value={sources}
        onChange={setSources}
      />
      <RightsChoice chosen={rights} onChoose={setRights} />
      <Field
        label={words.calls}
        error={form.errorAt("calls")}
        name="calls"
        inputMode="numeric"
        autoComplete="off"
        maxLength={5}
        value={calls}
        onChange={(typed) => setCalls(typed.replace(/\D/g, ""))}
      />
      <Field
        label={words.callerId}
        help={words.callerIdHelp}
        error={form.errorAt("caller_id")}
        name="caller_id"
        inputMode="tel"
        autoComplete="off"
        maxLength={30}
        value={callerId}
        onChange={setCallerId}
      />
      <Choice
        label={words.identity}
        options={(["from", "asserted"] as const).map((each) => ({
          id: each,
          word: words.identities[each],
        }))}
        chosen={identity}
        onChoose={(next) => setIdentity(next as Trunk["identity"])}
      />
      <Check label={words.stripPlus} checked={stripPlus} onChange={setStripPlus} />
      <Check label={words.showName} checked={showName} onChange={setShowName} />
    </RecordSide>
  );
}
