import { useState } from "react";
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
import { Choice, Field, FormError, Loading } from "../../../ui";
import { useForm } from "../../../useForm";
import { useLoaded } from "../../../useLoaded";
import { Listing, useOpen } from "./Listing";
import { RecordSide } from "./RecordSide";
import { listIn, orNull, SiteChoice } from "./shared";
import { Table } from "./Table";

/** Numbers that ring several extensions. */
export function GroupsTab() {
  const text = useText("telephony");
  const words = text.telephony.groups;
  const groups = useLoaded(listGroups);
  const posts = useLoaded(listPosts);
  const { open, show, close, said, done } = useOpen();

  const error = groups.error ?? posts.error;
  if (!groups.value || !posts.value)
    return error === undefined ? <Loading /> : <FormError>{error}</FormError>;
  const chosen = groups.value.find(({ number }) => number === open);

  return (
    <>
      <FormError>{error}</FormError>
      <Listing
        lede={words.lede}
        add={{
          word: words.add,
          why: posts.value.length === 0 ? text.telephony.extensions.noSite : undefined,
          onPress: () => show("new"),
        }}
        said={said}
        side={
          (open === "new" || chosen) && (
            <GroupSide
              key={open}
              group={chosen}
              posts={posts.value}
              onDone={(what) => {
                done(what);
                groups.reload();
              }}
              onClose={close}
            />
          )
        }
      >
        <Table
          label={text.telephony.tabs.groups}
          items={groups.value}
          keyOf={({ number }) => number}
          columns={[
            { head: text.telephony.extensions.number, cell: ({ number }) => number },
            { head: words.name, cell: ({ name }) => name, rank: "main" },
            { head: text.telephony.site, cell: ({ post_name }) => post_name },
            { head: words.strategy, cell: ({ strategy }) => words.strategies[strategy] },
            { head: words.members, cell: ({ members }) => members.join(", ") },
          ]}
          open={open}
          onOpen={({ number }) => show(number)}
          nameOf={({ number, name }) => `${number} ${name}`}
          none={words.none}
        />
      </Listing>
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
  const text = useText("telephony");
  const words = text.telephony.groups;
  const form = useForm();
  const [number, setNumber] = useState(group?.number ?? "");
  const [name, setName] = useState(group?.name ?? "");
  const [post, setPost] = useState(group?.post ?? posts[0]?.id ?? 0);
  const [strategy, setStrategy] = useState<Strategy>(group?.strategy ?? "all");
  const [members, setMembers] = useState(group?.members.join(", ") ?? "");
  const [ring, setRing] = useState(String(group?.ring ?? 30));
  const [otherwise, setOtherwise] = useState(group?.otherwise ?? "");

  const save = async () => {
    const values = {
      name,
      post,
      strategy,
      members: listIn(members),
      ring: Number(ring),
      otherwise: orNull(otherwise),
    };
    await (group ? changeGroup(group.number, values) : addGroup({ number, ...values }));
    return name;
  };

  return (
    <RecordSide
      words={words}
      form={form}
      fields={["number", "name", "members", "ring", "otherwise"]}
      record={
        group && {
          title: group.number,
          subtitle: group.name,
          name: group.name,
          remove: () => removeGroup(group.number),
        }
      }
      save={save}
      onDone={onDone}
      onClose={onClose}
    >
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
    </RecordSide>
  );
}
