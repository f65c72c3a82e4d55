//! Who is here whom one ought to know of before speaking freely. Pure.

export interface Security<P> {
  /** Without an account of the house, in a browser. */
  guests: readonly P[];
  /** By telephone. */
  phones: readonly P[];
  /** Telephones whose sound is not encrypted on its way to the server. */
  plain: readonly P[];
}

interface Known {
  role: "host" | "user" | "guest";
  phone: { plain: boolean } | undefined;
}

/** What there is to be known of those inside. */
export function securityOf<P extends Known>(people: readonly P[]): Security<P> {
  const phones = people.filter(({ phone }) => phone !== undefined);
  return {
    guests: people.filter(({ role, phone }) => role === "guest" && phone === undefined),
    phones,
    plain: phones.filter(({ phone }) => phone?.plain),
  };
}
