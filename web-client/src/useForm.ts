//! The state every form has: is it being sent, and what was wrong with the last try.

import { useState } from "react";
import { ApiError } from "./api/client";
import { sentenceAt, useText } from "./i18n";

interface Failure {
  code: string;
  field: string | undefined;
}

/** Sends something once at a time and puts its failure in words. */
export function useForm() {
  const text = useText("fields");
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<Failure>();

  const submit = async (send: () => Promise<void>) => {
    if (sending) return;
    setSending(true);
    setFailure(undefined);
    try {
      await send();
    } catch (error) {
      setFailure(
        error instanceof ApiError
          ? { code: error.code, field: error.field }
          : { code: "unexpected", field: undefined },
      );
    } finally {
      setSending(false);
    }
  };

  const sentence = failure && sentenceAt(text, failure.code, failure.field);
  return {
    sending,
    submit,
    /** What to say at one field. */
    errorAt: (field: string) => (failure?.field === field ? sentence : undefined),
    /** What to say above the form, when no shown field is meant. */
    errorElsewhere: (...shown: string[]) =>
      failure && !(failure.field !== undefined && shown.includes(failure.field)) ? sentence : undefined,
  };
}
