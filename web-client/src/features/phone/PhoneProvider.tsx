//! The telephone of whoever is signed in, above every page.

import { createContext, useContext, useEffect, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { onTheHook } from "./phone-machine";
import { Telephone, type PhoneView } from "./telephone";

const PhoneContext = createContext<Telephone | undefined>(undefined);

interface Props {
  /** The account's id; nobody has no telephone. */
  account: string | undefined;
  children: ReactNode;
}

export function PhoneProvider({ account, children }: Props) {
  const telephone = useMemo(() => (account === undefined ? undefined : new Telephone(account)), [account]);

  useEffect(() => {
    telephone?.open();
    return () => telephone?.close();
  }, [telephone]);

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
