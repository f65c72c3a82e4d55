import { CircleAlert } from "lucide-react";

/** What went wrong with the whole form, in one sentence, announced at once. */
export function FormError({ children }: { children: string | undefined }) {
  return (
    <div role="alert">
      {children !== undefined && (
        <p className="notice bad">
          <CircleAlert className="i" aria-hidden />
          <span>{children}</span>
        </p>
      )}
    </div>
  );
}
