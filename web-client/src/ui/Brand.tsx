/** The palaver tree and the word beside it. */
export function Brand() {
  return (
    <>
      <svg viewBox="0 0 48 48" fill="currentColor" aria-hidden="true">
        <path d="M24 5C12.6 5 4 11.4 4 20.2c0 3.2 2.4 4.6 5.2 3.5 4.6-1.8 9.3-1.3 11 2.1.6 1.3.8 2.7.8 4.4v5.3c0 3.6-1.5 5.7-4 7.5h14c-2.5-1.8-4-3.9-4-7.5v-5.3c0-1.7.2-3.1.8-4.4 1.7-3.4 6.4-3.9 11-2.1 2.8 1.1 5.2-.3 5.2-3.5C44 11.4 35.4 5 24 5Z" />
        <circle cx="10.5" cy="36" r="4" />
        <circle cx="37.5" cy="36" r="4" />
      </svg>
      Palabre
    </>
  );
}
