import { useState } from "react";
import { Form } from "react-aria-components";
import { removeRoute, setRoute, type OutboundRoute, type Post, type Trunk } from "../../../api/phones";
import { useText } from "../../../i18n";
import { Button, Choice, Field, FormError } from "../../../ui";
import { useForm } from "../../../useForm";
import { Table } from "./Table";

interface Props {
  routes: readonly OutboundRoute[];
  trunks: readonly Trunk[];
  posts: readonly Post[];
  onChanged: (what: string) => void;
}

/** Which lines calls to the outside take. */
export function Routes({ routes, trunks, posts, onChanged }: Props) {
  const text = useText("telephony");
  const words = text.telephony.routes;
  const form = useForm();
  const [post, setPost] = useState("");
  const [prefix, setPrefix] = useState("");
  const [first, setFirst] = useState(String(trunks[0]?.id ?? ""));
  const [second, setSecond] = useState("");
  const first_ = trunks.some(({ id }) => String(id) === first) ? first : String(trunks[0]?.id ?? "");
  const nameOf = (prefix: string) => (prefix === "" ? words.everywhere : prefix);

  const lines = trunks.map(({ id, name }) => ({ id: String(id), word: name }));
  return (
    <section aria-labelledby="routes">
      <div className="blockhead">
        <h2 id="routes">{words.title}</h2>
        <p className="sm q3">{words.help}</p>
      </div>
      <FormError>{form.errorElsewhere("prefix")}</FormError>
      <Table
        label={words.title}
        items={routes}
        keyOf={({ post, prefix }) => `${post ?? ""}/${prefix}`}
        columns={[
          { head: words.prefix, cell: ({ prefix }) => nameOf(prefix), rank: "main" },
          { head: words.callsOf, cell: ({ post_name }) => post_name ?? words.everySite },
          { head: words.lines, cell: ({ trunk_names }) => trunk_names.join(words.then) },
        ]}
        action={{
          word: text.telephony.remove,
          nameOf: ({ prefix }) => words.removeNamed(nameOf(prefix)),
          onPress: (route) =>
            void form.submit(async () => {
              await removeRoute(route);
              onChanged(words.removed(nameOf(route.prefix)));
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
            const ways = [first_, second].filter((id) => id !== "").map(Number);
            await setRoute({ post: post === "" ? null : Number(post), prefix, trunks: [...new Set(ways)] });
            onChanged(words.saved(nameOf(prefix)));
            setPrefix("");
          });
        }}
      >
        <Field
          label={words.prefix}
          error={form.errorAt("prefix")}
          name="prefix"
          inputMode="tel"
          autoComplete="off"
          maxLength={20}
          value={prefix}
          onChange={setPrefix}
        />
        <Choice
          label={words.callsOf}
          options={[
            { id: "", word: words.everySite },
            ...posts.map(({ id, name }) => ({ id: String(id), word: name })),
          ]}
          chosen={post}
          onChoose={setPost}
        />
        <Choice label={words.line} options={lines} chosen={first_} onChoose={setFirst} />
        <Choice
          label={words.otherwise}
          options={[{ id: "", word: words.nothing }, ...lines.filter(({ id }) => id !== first_)]}
          chosen={second === first_ ? "" : second}
          onChoose={setSecond}
        />
        <Button type="submit" isPending={form.sending}>
          {words.add}
        </Button>
      </Form>
    </section>
  );
}
