import { useState } from "react";
import { addPost, changePost, listPosts, removePost, type Post } from "../../../api/phones";
import { useText } from "../../../i18n";
import { Field, FormError, Loading } from "../../../ui";
import { useForm } from "../../../useForm";
import { useLoaded } from "../../../useLoaded";
import { Listing, useOpen } from "./Listing";
import { RecordSide } from "./RecordSide";
import { listIn } from "./shared";
import { Table } from "./Table";

/** The embassies, consulates and the ministry itself. */
export function SitesTab() {
  const text = useText();
  const words = text.telephony.sites;
  const posts = useLoaded(listPosts);
  const { open, show, close, said, done } = useOpen();

  if (!posts.value) return posts.error === undefined ? <Loading /> : <FormError>{posts.error}</FormError>;
  const keyOf = ({ id }: Post) => String(id);
  const chosen = posts.value.find((post) => keyOf(post) === open);

  return (
    <>
      <FormError>{posts.error}</FormError>
      <Listing
        lede={words.lede(posts.value.length)}
        add={{ word: words.add, onPress: () => show("new") }}
        said={said}
        side={
          (open === "new" || chosen) && (
            <SiteSide
              key={open}
              post={chosen}
              onDone={(what) => {
                done(what);
                posts.reload();
              }}
              onClose={close}
            />
          )
        }
      >
        <section className="card scrolls" aria-label={text.telephony.tabs.sites} tabIndex={0}>
          <Table
            items={posts.value}
            keyOf={keyOf}
            columns={[
              { head: words.name, cell: ({ name }) => name },
              { head: words.country, cell: ({ country }) => country },
              { head: words.zone, cell: ({ time_zone }) => time_zone },
              { head: words.prefix, cell: ({ outside_prefix }) => outside_prefix || "–" },
              { head: words.emergency, cell: ({ emergency }) => emergency.join(", ") },
            ]}
            open={open}
            onOpen={(post) => show(keyOf(post))}
            none={words.none}
          />
        </section>
      </Listing>
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
  const words = useText().telephony.sites;
  const form = useForm();
  const [name, setName] = useState(post?.name ?? "");
  const [country, setCountry] = useState(post?.country ?? "BJ");
  const [prefix, setPrefix] = useState(post?.outside_prefix ?? "0");
  const [zone, setZone] = useState(post?.time_zone ?? "");
  const [emergency, setEmergency] = useState(post?.emergency.join(", ") ?? "112");

  const save = async () => {
    const values = {
      name,
      country,
      outside_prefix: prefix,
      emergency: listIn(emergency),
      time_zone: zone.trim(),
    };
    await (post ? changePost(post.id, values) : addPost(values));
    return name;
  };

  return (
    <RecordSide
      words={words}
      form={form}
      fields={["name", "country", "outside_prefix", "emergency", "time_zone"]}
      record={post && { title: post.name, name: post.name, remove: () => removePost(post.id) }}
      save={save}
      onDone={onDone}
      onClose={onClose}
    >
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
        label={words.zone}
        help={words.zoneHelp}
        error={form.errorAt("time_zone")}
        name="time_zone"
        autoComplete="off"
        maxLength={40}
        value={zone}
        onChange={setZone}
      />
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
    </RecordSide>
  );
}
