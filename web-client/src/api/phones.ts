//! The phones, as administrators see them: numbering plan, registrations, calls.

import { call } from "./client";
import { query } from "./query";

export type Rights = "none" | "internal" | "national" | "international";
export type Digest = "md5" | "sha-256";
export type Strategy = "all" | "in-order";
export type Transport = "udp" | "tcp" | "tls";

/** Where phones reach the server; nowhere while they are switched off. */
export interface PhoneServer {
  host: string;
  transports: { transport: Transport; port: number }[];
  realm: string;
}

/** What somebody types into a phone. The password is told once. */
export interface Credentials {
  username: string;
  password: string;
  server: PhoneServer | null;
}

export interface Post {
  id: number;
  name: string;
  country: string;
  outside_prefix: string;
  emergency: string[];
  /** The IANA name of its time. */
  time_zone: string;
  city: string;
  /** What its link carries, in kbit/s. */
  down_kbit: number | null;
  up_kbit: number | null;
  /** The names of its trunks. */
  trunks: string[];
}

export interface Forward {
  always: string | null;
  busy: string | null;
  no_answer: string | null;
  no_answer_after: number | null;
}

export interface Device {
  username: string;
  label: string;
}

export interface Extension {
  number: string;
  name: string;
  post: number;
  post_name: string;
  digest: Digest;
  rights: Rights;
  outside_calls: number;
  forward: Forward;
  do_not_disturb: boolean;
  pickup_group: string | null;
  /** After how many seconds of ringing calls go to the mailbox; nothing for none. */
  voicemail_after: number | null;
  devices: Device[];
}

export interface Group {
  number: string;
  name: string;
  post: number;
  post_name: string;
  strategy: Strategy;
  members: string[];
  ring: number;
  otherwise: string | null;
}

export interface Trunk {
  id: number;
  name: string;
  post: number;
  post_name: string;
  host: string;
  port: number | null;
  transport: Transport;
  username: string | null;
  register: boolean;
  sources: string[];
  srtp: boolean;
  caller_id: string | null;
  identity: "from" | "asserted";
  calls: number;
  rights: Rights;
  strip_plus: boolean;
  show_name: boolean;
}

export interface OutboundRoute {
  post: number | null;
  post_name: string | null;
  prefix: string;
  trunks: number[];
  trunk_names: string[];
}

export interface PublicNumber {
  trunk: number;
  trunk_name: string;
  number: string;
  target: string;
}

export interface Registration {
  number: string;
  key: string;
  device: string;
  contact: string;
  transport: string;
  address: string;
  user_agent: string;
  expires: string;
}

/** One leg of a call. */
export interface Call {
  id: number;
  call: string;
  direction: "in" | "out";
  from: string;
  from_name: string;
  dialled: string;
  to: string;
  post: string;
  trunk: string | null;
  began: string;
  answered: string | null;
  ended: string | null;
  talked: number;
  cause: string | null;
  codec: string | null;
  encrypted: boolean;
  packets_lost: number;
  jitter: number;
  round_trip: number | null;
}

export interface CallPage {
  calls: Call[];
  next: number | null;
  legs: number;
  answered: number;
  talked: number;
}

export interface CallQuery {
  number?: string;
  trunk?: number;
  post?: number;
  since?: string;
  before?: number;
}

const admin = "/api/admin";
const part = encodeURIComponent;

export const phoneServer = async () =>
  (await call<{ server: PhoneServer | null }>("GET", `${admin}/phones`)).server;

export const listPosts = async () => (await call<{ posts: Post[] }>("GET", `${admin}/posts`)).posts;
export const addPost = (post: Omit<Post, "id" | "trunks">) => call<Post>("POST", `${admin}/posts`, post);
export const changePost = (id: number, change: Partial<Omit<Post, "id" | "trunks">>) =>
  call<Post>("PATCH", `${admin}/posts/${id}`, change);
export const removePost = (id: number) => call<undefined>("DELETE", `${admin}/posts/${id}`);

export const listExtensions = async () =>
  (await call<{ extensions: Extension[] }>("GET", `${admin}/extensions`)).extensions;
export const addExtension = (extension: {
  number: string;
  name: string;
  post: number;
  rights: Rights;
  digest: Digest;
  label: string;
}) => call<{ extension: Extension; credentials: Credentials }>("POST", `${admin}/extensions`, extension);
export const changeExtension = (
  number: string,
  change: Partial<
    Pick<
      Extension,
      | "name"
      | "post"
      | "rights"
      | "outside_calls"
      | "forward"
      | "do_not_disturb"
      | "pickup_group"
      | "voicemail_after"
    >
  >,
) => call<Extension>("PATCH", `${admin}/extensions/${part(number)}`, change);
export const removeExtension = (number: string) =>
  call<undefined>("DELETE", `${admin}/extensions/${part(number)}`);

export const addDevice = (number: string, label: string) =>
  call<Credentials>("POST", `${admin}/extensions/${part(number)}/devices`, { label });
export const newPassword = (number: string, username: string) =>
  call<Credentials>("POST", `${admin}/extensions/${part(number)}/devices/${part(username)}/password`, {});
export const removeDevice = (number: string, username: string) =>
  call<undefined>("DELETE", `${admin}/extensions/${part(number)}/devices/${part(username)}`);

type GroupValues = Pick<Group, "name" | "post" | "strategy" | "members" | "ring" | "otherwise">;
/** The numbers that lead into meetings. */
export interface Conference {
  /** Those that ask for a PIN. */
  numbers: string[];
  rooms: { number: string; meeting: string; title: string }[];
}

export const conferenceNumbers = () => call<Conference>("GET", `${admin}/conference`);
export const setConference = (number: string, meeting?: string) =>
  call<undefined>("PUT", `${admin}/conference/${part(number)}`, {
    ...(meeting !== undefined && { meeting }),
  });
export const removeConference = (number: string) =>
  call<undefined>("DELETE", `${admin}/conference/${part(number)}`);

export const listGroups = async () => (await call<{ groups: Group[] }>("GET", `${admin}/groups`)).groups;
export const addGroup = (group: GroupValues & { number: string }) =>
  call<Group>("POST", `${admin}/groups`, group);
export const changeGroup = (number: string, change: Partial<GroupValues>) =>
  call<Group>("PATCH", `${admin}/groups/${part(number)}`, change);
export const removeGroup = (number: string) => call<undefined>("DELETE", `${admin}/groups/${part(number)}`);

export type TrunkValues = Omit<Trunk, "id" | "post_name"> & { password?: string };
export const listTrunks = async () => (await call<{ trunks: Trunk[] }>("GET", `${admin}/trunks`)).trunks;
export const addTrunk = (trunk: TrunkValues) => call<Trunk>("POST", `${admin}/trunks`, trunk);
export const changeTrunk = (id: number, change: Partial<TrunkValues>) =>
  call<Trunk>("PATCH", `${admin}/trunks/${id}`, change);
export const removeTrunk = (id: number) => call<undefined>("DELETE", `${admin}/trunks/${id}`);

export const listRoutes = async () =>
  (await call<{ routes: OutboundRoute[] }>("GET", `${admin}/routes`)).routes;
export const setRoute = (route: { post: number | null; prefix: string; trunks: number[] }) =>
  call<undefined>("PUT", `${admin}/routes`, route);
export const removeRoute = ({ post, prefix }: { post: number | null; prefix: string }) =>
  call<undefined>("DELETE", `${admin}/routes${query({ prefix, post: post ?? undefined })}`);

export const listNumbers = async () =>
  (await call<{ numbers: PublicNumber[] }>("GET", `${admin}/numbers`)).numbers;
export const setNumber = (number: { trunk: number; number: string; target: string }) =>
  call<undefined>("PUT", `${admin}/numbers`, number);
export const removeNumber = ({ trunk, number }: { trunk: number; number: string }) =>
  call<undefined>("DELETE", `${admin}/numbers${query({ trunk, number })}`);

export const listRegistrations = async () =>
  (await call<{ registrations: Registration[] }>("GET", `${admin}/registrations`)).registrations;
export const removeRegistration = ({ number, key }: { number: string; key: string }) =>
  call<undefined>("DELETE", `${admin}/registrations${query({ number, key })}`);

export type Outcome =
  "extension" | "group" | "conference" | "meeting" | "code" | "outside" | "emergency" | "refused";
export const explainNumber = (asked: { from: string; number: string; language: string }) =>
  call<{ outcome: Outcome; sentences: string[] }>("GET", `${admin}/explain${query(asked)}`);
export const planProblems = async (language: string) =>
  (await call<{ problems: string[] }>("GET", `${admin}/problems${query({ language })}`)).problems;

export const liveCalls = async () => (await call<{ calls: Call[] }>("GET", `${admin}/calls`)).calls;
export const lastCalls = (asked: CallQuery) => call<CallPage>("GET", `${admin}/cdr${query({ ...asked })}`);
/** Where the browser fetches the same as a table. */
export const callsFile = (asked: CallQuery) => `${admin}/cdr.csv${query({ ...asked })}`;
