//! What a build has made, as far as it matters what a browser loads. Pure.

/** A file of the build: what it brings along, and the sources that are in it. */
export interface BuiltFile {
  bytes: number;
  brings: readonly string[];
  modules: readonly string[];
}

/** By the name that it has in `dist`. */
export type Built = Readonly<Record<string, BuiltFile>>;

/** The files that come with the sources given, each once. */
export function filesFor(built: Built, modules: readonly string[]): string[] {
  const reached = new Set<string>();
  const reach = (name: string) => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const next of fileOf(built, name).brings) reach(next);
  };
  for (const module of modules) reach(nameOf(built, module));
  return [...reached];
}

function nameOf(built: Built, module: string): string {
  const name = Object.keys(built).find((each) => built[each]?.modules.includes(module));
  // What was moved must not weigh nothing.
  if (name === undefined) throw new Error(`the build has no file for ${module}`);
  return name;
}

function fileOf(built: Built, name: string): BuiltFile {
  const file = built[name];
  if (!file) throw new Error(`the build has no ${name}`);
  return file;
}
