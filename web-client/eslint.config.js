import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "eslint.config.js"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  hooks.configs.flat["recommended-latest"],
  {
    languageOptions: { parserOptions: { project: ["./tsconfig.json", "./tsconfig.worker.json"] } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      // French typography: U+202F stands before ? and inside guillemets.
      "no-irregular-whitespace": ["error", { skipTemplates: true }],
      // Objects that own devices or lines are made and ended by an effect, and shown once made.
      "react-hooks/set-state-in-effect": "off",
      "no-console": "error",
      // Outsiders import a feature through its index only.
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex:
                "features/[^/]+/.+|^\\.\\./(home|auth|prejoin|lobby|meeting|chat|admin|settings)/(?!index$).+",
              message: "Import a feature through its index.",
            },
          ],
        },
      ],
    },
  },
);
