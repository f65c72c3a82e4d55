import { useState } from "react";
import { Form } from "react-aria-components";
import {
  addExtension,
  type Credentials,
  type Digest,
  type Extension,
  type Post,
  type Rights,
} from "../../../api/phones";
import { useText } from "../../../i18n";
import { Button, Choice, Field, FormError } from "../../../ui";
import { useForm } from "../../../useForm";
import { RightsChoice, SiteChoice } from "./shared";
import { Side } from "./Side";

interface Props {
  posts: readonly Post[];
  onAdded: (added: { extension: Extension; credentials: Credentials }) => void;
  onClose: () => void;
}

/** A number, a name and a site are enough; the password is made by the server. */
export function NewExtension({ posts, onAdded, onClose }: Props) {
  const text = useText("telephony");
  const words = text.telephony.extensions;
  const form = useForm();
  const [number, setNumber] = useState("");
  const [name, setName] = useState("");
  const [post, setPost] = useState(posts[0]?.id ?? 0);
  const [rights, setRights] = useState<Rights>("internal");
  const [digest, setDigest] = useState<Digest>("md5");
  const [label, setLabel] = useState("");

  return (
    <Side kind={words.one} title={words.fresh} onClose={onClose}>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () =>
            onAdded(await addExtension({ number, name, post, rights, digest, label })),
          );
        }}
      >
        <FormError>{form.errorElsewhere("number", "name", "label")}</FormError>
        <Field
          label={words.number}
          help={words.numberHelp}
          error={form.errorAt("number")}
          name="number"
          inputMode="numeric"
          autoComplete="off"
          maxLength={10}
          value={number}
          onChange={setNumber}
          isRequired
        />
        <Field
          label={words.holder}
          help={words.holderHelp}
          error={form.errorAt("name")}
          name="name"
          autoComplete="off"
          maxLength={80}
          value={name}
          onChange={setName}
          isRequired
        />
        <SiteChoice posts={posts} chosen={post} onChoose={setPost} />
        <RightsChoice chosen={rights} onChoose={setRights} />
        <Field
          label={words.label}
          error={form.errorAt("label")}
          name="label"
          autoComplete="off"
          maxLength={60}
          value={label}
          onChange={setLabel}
        />
        <Choice
          label={words.digest}
          options={(["md5", "sha-256"] as const).map((each) => ({ id: each, word: words.digests[each] }))}
          chosen={digest}
          onChoose={(next) => setDigest(next as Digest)}
        />
        <Button rank="primary" type="submit" isPending={form.sending}>
          {words.create}
        </Button>
      </Form>
    </Side>
  );
}
