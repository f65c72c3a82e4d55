//! Something the page loads when it opens, and again when asked.

import { useCallback, useEffect, useRef, useState } from "react";
import { codeOf } from "./api/client";
import { useAccount } from "./features/account";
import { sentenceFor, useText } from "./i18n";

interface Loaded<T> {
  value: T | undefined;
  error: string | undefined;
  reload: () => void;
}

/** Loads once, and again on `reload`; a session that is over sends to the sign-in page. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const text = useText();
  const { expired } = useAccount();
  const [value, setValue] = useState<T>();
  const [code, setCode] = useState<string>();
  const newest = useRef(0);

  const reload = useCallback(() => {
    const mine = ++newest.current;
    load().then(
      (next) => {
        if (mine !== newest.current) return;
        setValue(next);
        setCode(undefined);
      },
      (error: unknown) => {
        if (mine !== newest.current) return;
        if (codeOf(error) === "not_signed_in") expired();
        setCode(codeOf(error));
      },
    );
  }, [load, expired]);

  useEffect(() => {
    reload();
    return () => {
      newest.current += 1;
    };
  }, [reload]);

  return { value, error: code === undefined ? undefined : sentenceFor(text, code), reload };
}
