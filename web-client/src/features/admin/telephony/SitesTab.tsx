import { Download, Upload } from "lucide-react";
import { useState } from "react";
import { addPost, changePost, listPosts, removePost, type Post } from "../../../api/phones";
import { tableAddress } from "../../../api/tables";
import { useLanguage, useText } from "../../../i18n";
import { Button, Field, FormError, Loading } from "../../../ui";
import { useForm } from "../../../useForm";
import { useLoaded } from "../../../useLoaded";
import { ImportDialog } from "../ImportDialog";
import { Listing, useOpen } from "./Listing";
import { RecordSide } from "./RecordSide";
import { listIn } from "./shared";
import { Table } from "./Table";

/** The embassies, consulates and the ministry itself. */
export function SitesTab() {
  const text = useText("people", "telephony");
  const words = { ...text.telephony.sites, ...text.people.sites };
  const [importing, setImporting] = useState(false);
  const posts = useLoaded(listPosts);
  const { open, show, close, said, say, done } = useOpen();

  if (!posts.value) return posts.error === undefined ? <Loading /> : <FormError>{posts.error}</FormError>;
  const keyOf = ({ id }: Post) => String(id);
  const chosen = posts.value.find((post) => keyOf(post) === open);

  return (
    <>
      <FormError>{posts.error}</FormError>
      <p className="row tables">
        <a className="btn plain small" href={tableAddress("posts")} download>
          <Download className="i s" aria-hidden />
          {text.people.exportTable}
        </a>
        <Button small onPress={() => setImporting(true)}>
          <Upload className="i s" aria-hidden />
          {text.people.importTable}
        </Button>
      </p>
      {importing && (
        <ImportDialog
          of="posts"
          onDone={(what) => {
            say(what);
            posts.reload();
          }}
          onClose={() => setImporting(false)}
        />
      )}
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
        <Table
          label={text.telephony.tabs.sites}
          items={posts.value}
          keyOf={keyOf}
          columns={[
            { head: words.name, cell: ({ name }) => name },
            { head: words.country, cell: ({ country }) => country },
            { head: words.city, cell: ({ city }) => city || "–" },
            { head: words.zone, cell: ({ time_zone }) => time_zone },
            { head: words.prefix, cell: ({ outside_prefix }) => outside_prefix || "–" },
            { head: words.emergency, cell: ({ emergency }) => emergency.join(", ") },
            { head: words.link, cell: (post) => <LinkOf post={post} /> },
            { head: words.trunks, cell: ({ trunks }) => trunks.join(", ") || "–" },
          ]}
          open={open}
          onOpen={(post) => show(keyOf(post))}
          none={words.none}
        />
      </Listing>
    </>
  );
}

/** What the link of a post carries, as people say it. */
function LinkOf({ post: { down_kbit, up_kbit } }: { post: Post }) {
  const { text, language } = useLanguage("people");
  if (down_kbit === null && up_kbit === null) return "–";
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const rate = (kbit: number | null) =>
    kbit === null
      ? "?"
      : kbit >= 1000
        ? `${number.format(kbit / 1000)}\u00a0Mbit/s`
        : `${number.format(kbit)}\u00a0kbit/s`;
  return text.people.link(rate(down_kbit), rate(up_kbit));
}

const kbitIn = (typed: string): number | null =>
  typed.trim() === "" ? null : Number(typed.replace(/\s/g, ""));

interface SideProps {
  /** Nothing for a new one. */
  post: Post | undefined;
  onDone: (what: string) => void;
  onClose: () => void;
}

function SiteSide({ post, onDone, onClose }: SideProps) {
  const { telephony, people } = useText("people", "telephony");
  const words = { ...telephony.sites, ...people.sites };
  const form = useForm();
  const [name, setName] = useState(post?.name ?? "");
  const [country, setCountry] = useState(post?.country ?? "BJ");
  const [prefix, setPrefix] = useState(post?.outside_prefix ?? "0");
  const [zone, setZone] = useState(post?.time_zone ?? "");
  const [emergency, setEmergency] = useState(post?.emergency.join(", ") ?? "112");
  const [city, setCity] = useState(post?.city ?? "");
  const [down, setDown] = useState(String(post?.down_kbit ?? ""));
  const [up, setUp] = useState(String(post?.up_kbit ?? ""));

  const save = async () => {
    const values = {
      name,
      country,
      outside_prefix: prefix,
      emergency: listIn(emergency),
      time_zone: zone.trim(),
      city: city.trim(),
      down_kbit: kbitIn(down),
      up_kbit: kbitIn(up),
    };
    await (post ? changePost(post.id, values) : addPost(values));
    return name;
  };

  return (
    <RecordSide
      words={words}
      form={form}
      fields={["name", "country", "outside_prefix", "emergency", "time_zone", "city", "down_kbit", "up_kbit"]}
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
        label={words.city}
        error={form.errorAt("city")}
        name="city"
        autoComplete="off"
        maxLength={80}
        value={city}
        onChange={setCity}
      />
      <div className="pair">
        <Field
          label={words.down}
          help={words.linkHelp}
          error={form.errorAt("down_kbit")}
          name="down_kbit"
          inputMode="numeric"
          autoComplete="off"
          maxLength={9}
          value={down}
          onChange={setDown}
        />
        <Field
          label={words.up}
          error={form.errorAt("up_kbit")}
          name="up_kbit"
          inputMode="numeric"
          autoComplete="off"
          maxLength={9}
          value={up}
          onChange={setUp}
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
