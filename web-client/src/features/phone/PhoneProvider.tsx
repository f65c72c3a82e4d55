//! The telephone of whoever is signed in, above every page.

import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { onTheHook } from "./phone-state";
import type { Telephone, PhoneView } from "./telephone";

const PhoneContext = createContext<Telephone | undefined>(undefined);

interface Props {
  /** The account's id; nobody has no telephone. */
  account: string | undefined;
  children: ReactNode;
}

export function PhoneProvider({ account, children }: Props) {
  const [telephone, setTelephone] = useState<Telephone>();

  useEffect(() => {
    if (account === undefined) return;
    let opened: Telephone | undefined;
    let wanted = true;
    import("./telephone").then(
      ({ Telephone }) => {
        if (!wanted) return;
        opened = new Telephone(account);
        opened.open();
        setTelephone(opened);
      },
      // Without it there is no telephone until the page is loaded again; everything else goes on.
      () => undefined,
    );
    return () => {
      wanted = false;
      opened?.close();
      setTelephone(undefined);
    };
  }, [account]);

  return <PhoneContext.Provider value={telephone}>{children}</PhoneContext.Provider>;
}

/** The telephone, if somebody is signed in. */
export const useTelephone = (): Telephone | undefined => useContext(PhoneContext);

/** What there is to see of it; a dead one for nobody. */
export function usePhone(): PhoneView {
  const telephone = useTelephone();
  return useSyncExternalStore(telephone?.subscribe ?? never, telephone?.current ?? dead);
}

const never = () => () => undefined;
const DEAD: PhoneView = { state: onTheHook, room: undefined, failure: undefined, asking: false };
const dead = () => DEAD;
