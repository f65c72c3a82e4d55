import { Plus } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { addPost, changePost, listPosts, removePost, type Post } from "../../../api/phones";
import { useText } from "../../../i18n";
import { Button, Confirm, Field, FormError, Loading } from "../../../ui";
import { useForm } from "../../../useForm";
import { useLoaded } from "../../../useLoaded";
import { listIn, Said } from "./shared";
import { Side } from "./Side";

/** The embassies, consulates and the ministry itself. */
export function SitesTab() {
  const text = useText();
  const words = text.telephony.sites;
  const posts = useLoaded(listPosts);
  const [open, setOpen] = useState<number | "new">();
  const [said, setSaid] = useState("");

  if (!posts.value) return posts.error === undefined ? <Loading /> : <FormError>{posts.error}</FormError>;
  const chosen = posts.value.find(({ id }) => id === open);
  const done = (what: string) => {
    setSaid(what);
    setOpen(undefined);
    posts.reload();
  };

  return (
    <>
      <div className="blockhead">
        <p className="q2">{words.lede(posts.value.length)}</p>
        <Button rank={open === undefined ? "primary" : "plain"} onPress={() => setOpen("new")}>
          <Plus className="i s" aria-hidden />
          {words.add}
        </Button>
      </div>
      <FormError>{posts.error}</FormError>
      <Said>{said}</Said>
      <div className={open === undefined ? "beside alone" : "beside"}>
        <section className="card scrolls" aria-label={text.telephony.tabs.sites} tabIndex={0}>
          {posts.value.length === 0 ? (
            <p className="nothing q2">{words.none}</p>
          ) : (
            <table className="data">
              <thead>
                <tr>
                  <th scope="col">{words.name}</th>
                  <th scope="col">{words.country}</th>
                  <th scope="col">{words.prefix}</th>
                  <th scope="col">{words.emergency}</th>
                </tr>
              </thead>
              <tbody>
                {posts.value.map((post) => (
                  <tr key={post.id} aria-selected={post.id === open}>
                    <td>
                      <button className="open" onClick={() => setOpen(post.id)}>
                        {post.name}
                      </button>
                    </td>
                    <td className="q2">{post.country}</td>
                    <td className="q2">{post.outside_prefix === "" ? "–" : post.outside_prefix}</td>
                    <td className="q2">{post.emergency.join(", ")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
        {(open === "new" || chosen) && (
          <SiteSide key={open} post={chosen} onDone={done} onClose={() => setOpen(undefined)} />
        )}
      </div>
    </>
  );
}

interface SideProps {
  /** Nothing for a new one. */
  post: Post | undefined;
  onDone: (what: string) => void;
  onClose: () => void;
}

function SiteSide({ post, onDone, onClose }: SideProps) {
  const text = useText();
  const words = text.telephony.sites;
  const form = useForm();
  const [name, setName] = useState(post?.name ?? "");
  const [country, setCountry] = useState(post?.country ?? "BJ");
  const [prefix, setPrefix] = useState(post?.outside_prefix ?? "0");
  const [emergency, setEmergency] = useState(post?.emergency.join(", ") ?? "112");
  const [leaving, setLeaving] = useState(false);

  return (
    <Side kind={words.one} title={post?.name ?? words.fresh} onClose={onClose}>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => {
            const values = { name, country, outside_prefix: prefix, emergency: listIn(emergency) };
            if (post) await changePost(post.id, values);
            else await addPost(values);
            onDone(words.saved(name));
          });
        }}
      >
        <FormError>{form.errorElsewhere("name", "country", "outside_prefix", "emergency")}</FormError>
        <Field
          label={words.name}
          help={words.nameHelp}
          error={form.errorAt("name")}
          name="name"
          autoComplete="off"
          maxLength={80}
          value={name}
          onChange={setName}
          isRequired
        />
        <div className="pair">
          <Field
            label={words.country}
            help={words.countryHelp}
            error={form.errorAt("country")}
            name="country"
            autoComplete="off"
            maxLength={2}
            value={country}
            onChange={(typed) => setCountry(typed.toUpperCase())}
            isRequired
          />
          <Field
            label={words.prefix}
            help={words.prefixHelp}
            error={form.errorAt("outside_prefix")}
            name="outside_prefix"
            inputMode="tel"
            autoComplete="off"
            maxLength={4}
            value={prefix}
            onChange={setPrefix}
          />
        </div>
        <Field
          label={words.emergency}
          help={words.emergencyHelp}
          error={form.errorAt("emergency")}
          name="emergency"
          inputMode="tel"
          autoComplete="off"
          maxLength={200}
          value={emergency}
          onChange={setEmergency}
        />
        <Button rank="primary" type="submit" isPending={form.sending}>
          {post ? text.telephony.save : words.create}
        </Button>
        {post && (
          <Button rank="ghost" onPress={() => setLeaving(true)}>
            {words.remove}
          </Button>
        )}
      </Form>
      {leaving && post && (
        <Confirm
          title={words.removeTitle}
          help={words.removeHelp(post.name)}
          action={words.remove}
          onConfirm={() =>
            void form.submit(async () => {
              await removePost(post.id);
              onDone(words.removed(post.name));
            })
          }
          onClose={() => setLeaving(false)}
        />
      )}
    </Side>
  );
}
