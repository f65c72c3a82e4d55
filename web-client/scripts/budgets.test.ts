import { describe, expect, it } from "vitest";
import { budgets, strays, tableOf, tooHeavy } from "./budgets.ts";
import { filesFor, type Built } from "./built.ts";
import { meeting, prejoin, signIn } from "./pages.ts";

describe("what a browser loads", () => {
  it("counts a file once, however many bring it, and nothing that comes on demand", () => {
    const built: Built = {
      "index.html": { bytes: 1, brings: ["main.js"], modules: ["index.html"] },
      "main.js": { bytes: 10, brings: ["shared.js", "main.css"], modules: [] },
      "page.js": { bytes: 100, brings: ["shared.js", "main.js"], modules: ["src/page.ts"] },
      "shared.js": { bytes: 1_000, brings: [], modules: [] },
      "main.css": { bytes: 10_000, brings: [], modules: [] },
      "blur.js": { bytes: 100_000, brings: ["shared.js"], modules: ["src/blur.ts"] },
    };

    expect(filesFor(built, ["index.html", "src/page.ts"]).sort()).toEqual(
      ["index.html", "main.css", "main.js", "page.js", "shared.js"].sort(),
    );
  });

  it("does not let a page weigh nothing because it was moved", () => {
    expect(() => filesFor({}, ["src/page.ts"])).toThrow("the build has no file for src/page.ts");
  });
});

describe("the budgets", () => {
  it("are kept by what is light", () => {
    expect(tooHeavy(budgets(builtWith(100_000)))).toEqual([]);
  });

  it("are passed by a byte too much, and say where it is", () => {
    const all = budgets(builtWith(120_001));

    expect(tooHeavy(all).map(({ page }) => page)).toEqual(["sign-in", "pre-join"]);
    expect(tableOf(all)).toContain("sign-in is too heavy, most of it in\n   120.0 index.html");
  });

  it("count the words of the language that has more", () => {
    const built = {
      ...builtWith(1),
      "src/i18n/en.ts": { bytes: 130_000, brings: [], modules: ["src/i18n/en.ts"] },
    };

    expect(tooHeavy(budgets(built)).map(({ page }) => page)).toEqual(["sign-in", "pre-join"]);
  });
});

it("tells what is for development only", () => {
  const built = { "a.js": { bytes: 1, brings: [], modules: ["src/App.tsx", "src/design/DesignPage.tsx"] } };

  expect(strays(built)).toEqual(["src/design/DesignPage.tsx"]);
  expect(strays(builtWith(1))).toEqual([]);
});

/** A build in which the first page weighs as much as given, and everything else nothing. */
function builtWith(bytes: number): Built {
  const modules = [signIn, prejoin, meeting].flatMap((page) => [
    ...page.modules,
    ...page.words.fr,
    ...page.words.en,
  ]);
  const files = modules.map((module) => [module, { bytes: 0, brings: [], modules: [module] }] as const);
  return { ...Object.fromEntries(files), "index.html": { bytes, brings: [], modules: ["index.html"] } };
}
