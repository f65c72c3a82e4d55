import { Plus } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import {
  addGroup,
  changeGroup,
  listGroups,
  listPosts,
  removeGroup,
  type Group,
  type Post,
  type Strategy,
} from "../../../api/phones";
import { useText } from "../../../i18n";
import { Button, Choice, Confirm, Field, FormError, Loading } from "../../../ui";
import { useForm } from "../../../useForm";
import { useLoaded } from "../../../useLoaded";
import { listIn, orNull, Said, SiteChoice } from "./shared";
import { Side } from "./Side";

/** Numbers that ring several extensions. */
export function GroupsTab() {
  const text = useText();
  const words = text.telephony.groups;
  const groups = useLoaded(listGroups);
  const posts = useLoaded(listPosts);
  const [open, setOpen] = useState<string>();
  const [said, setSaid] = useState("");

  const error = groups.error ?? posts.error;
  if (!groups.value || !posts.value)
    return error === undefined ? <Loading /> : <FormError>{error}</FormError>;
  const chosen = groups.value.find(({ number }) => number === open);
  const done = (what: string) => {
    setSaid(what);
    setOpen(undefined);
    groups.reload();
  };

  return (
    <>
      <div className="blockhead">
        <p className="q2">{words.lede}</p>
        <Button
          rank={open === undefined ? "primary" : "plain"}
          isDisabled={posts.value.length === 0}
          onPress={() => setOpen("new")}
        >
          <Plus className="i s" aria-hidden />
          {words.add}
        </Button>
      </div>
      <FormError>{error}</FormError>
      <Said>{posts.value.length === 0 ? text.telephony.extensions.noSite : said}</Said>
      <div className={open === undefined ? "beside alone" : "beside"}>
        <section className="card scrolls" aria-label={text.telephony.tabs.groups} tabIndex={0}>
          {groups.value.length === 0 ? (
            <p className="nothing q2">{words.none}</p>
          ) : (
            <table className="data">
              <thead>
                <tr>
                  <th scope="col">{text.telephony.extensions.number}</th>
                  <th scope="col">{words.name}</th>
                  <th scope="col">{text.telephony.site}</th>
                  <th scope="col">{words.strategy}</th>
                  <th scope="col">{words.members}</th>
                </tr>
              </thead>
              <tbody>
                {groups.value.map((group) => (
                  <tr key={group.number} aria-selected={group.number === open}>
                    <td>
                      <button
                        className="open"
                        aria-label={`${group.number} ${group.name}`}
                        onClick={() => setOpen(group.number)}
                      >
                        {group.number}
                      </button>
                    </td>
                    <td className="b">{group.name}</td>
                    <td className="q2">{group.post_name}</td>
                    <td className="q2">{words.strategies[group.strategy]}</td>
                    <td className="q2">{group.members.join(", ")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
        {(open === "new" || chosen) && (
          <GroupSide
            key={open}
            group={chosen}
            posts={posts.value}
            onDone={done}
            onClose={() => setOpen(undefined)}
          />
        )}
      </div>
    </>
  );
}

interface SideProps {
  /** Nothing for a new one. */
  group: Group | undefined;
  posts: readonly Post[];
  onDone: (what: string) => void;
  onClose: () => void;
}

function GroupSide({ group, posts, onDone, onClose }: SideProps) {
  const text = useText();
  const words = text.telephony.groups;
  const form = useForm();
  const [number, setNumber] = useState(group?.number ?? "");
  const [name, setName] = useState(group?.name ?? "");
  const [post, setPost] = useState(group?.post ?? posts[0]?.id ?? 0);
  const [strategy, setStrategy] = useState<Strategy>(group?.strategy ?? "all");
  const [members, setMembers] = useState(group?.members.join(", ") ?? "");
  const [ring, setRing] = useState(String(group?.ring ?? 30));
  const [otherwise, setOtherwise] = useState(group?.otherwise ?? "");
  const [leaving, setLeaving] = useState(false);

  return (
    <Side
      kind={words.one}
      title={group?.number ?? words.fresh}
      {...(group ? { subtitle: group.name } : {})}
      onClose={onClose}
    >
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => {
            const values = {
              name,
              post,
              strategy,
              members: listIn(members),
              ring: Number(ring),
              otherwise: orNull(otherwise),
            };
            if (group) await changeGroup(group.number, values);
            else await addGroup({ number, ...values });
            onDone(words.saved(name));
          });
        }}
      >
        <FormError>{form.errorElsewhere("number", "name", "members", "ring", "otherwise")}</FormError>
        {!group && (
          <Field
            label={text.telephony.extensions.number}
            help={text.telephony.extensions.numberHelp}
            error={form.errorAt("number")}
            name="number"
            inputMode="numeric"
            autoComplete="off"
            maxLength={10}
            value={number}
            onChange={setNumber}
            isRequired
          />
        )}
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
          label={words.members}
          help={words.membersHelp}
          error={form.errorAt("members")}
          name="members"
          autoComplete="off"
          maxLength={600}
          value={members}
          onChange={setMembers}
          isRequired
        />
        <Choice
          label={words.strategy}
          options={(["all", "in-order"] as const).map((each) => ({ id: each, word: words.strategies[each] }))}
          chosen={strategy}
          onChoose={(next) => setStrategy(next as Strategy)}
        />
        <Field
          label={words.ring}
          error={form.errorAt("ring")}
          name="ring"
          inputMode="numeric"
          autoComplete="off"
          maxLength={3}
          value={ring}
          onChange={(typed) => setRing(typed.replace(/\D/g, ""))}
        />
        <Field
          label={words.otherwise}
          error={form.errorAt("otherwise")}
          name="otherwise"
          inputMode="tel"
          autoComplete="off"
          maxLength={40}
          value={otherwise}
          onChange={setOtherwise}
        />
        <Button rank="primary" type="submit" isPending={form.sending}>
          {group ? text.telephony.save : words.create}
        </Button>
        {group && (
          <Button rank="ghost" onPress={() => setLeaving(true)}>
            {words.remove}
          </Button>
        )}
      </Form>
      {leaving && group && (
        <Confirm
          title={words.removeTitle}
          help={words.removeHelp(group.name)}
          action={words.remove}
          onConfirm={() =>
            void form.submit(async () => {
              await removeGroup(group.number);
              onDone(words.removed(group.name));
            })
          }
          onClose={() => setLeaving(false)}
        />
      )}
    </Side>
  );
}
