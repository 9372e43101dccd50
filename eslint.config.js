// What the compiler does not see: typed rules, the order of the rooms, the purity of the pure files, sizes.
import { relative } from "node:path";
import tseslint from "typescript-eslint";
import rooms, { isPure } from "./test/setup/eslint-rooms.mjs";

const root = import.meta.dirname;

/** A date made from an argument is a calculation; these ask the clock. */
const CLOCK_READS = [
  "MemberExpression[object.name='Date'][property.name='now']",
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.name='Date']",
];

/** Globals through which time, chance, the environment or the terminal would come into a pure file. */
const IMPURE_GLOBALS = [
  "performance",
  "process",
  "console",
  "crypto",
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "globalThis",
];

const typed = {
  "@typescript-eslint/consistent-type-imports": "error",
  "@typescript-eslint/no-explicit-any": "error",
  "@typescript-eslint/no-floating-promises": "error",
  "@typescript-eslint/no-misused-promises": "error",
  "@typescript-eslint/no-non-null-assertion": "error",
  "@typescript-eslint/no-unused-vars": [
    "error",
    { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
  ],
  "@typescript-eslint/switch-exhaustiveness-check": [
    "error",
    { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
  ],
  // Numbers and booleans in messages read well as they are.
  "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
  // Interfaces of ports are often asynchronous for one implementation only.
  "@typescript-eslint/require-await": "off",
  eqeqeq: "error",
  "prefer-const": "error",
};

export default tseslint.config(
  { ignores: ["build/", "dist/", "native/", "test/data/", "**/*.mjs", "**/*.js"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        // The lint test checks snippets under these names, which do not exist on disk.
        projectService: { allowDefaultProject: ["src/*/lint-sample.ts", "src/vrrp/auth/lint-sample.ts"] },
        tsconfigRootDir: root,
      },
    },
    plugins: { project: rooms },
    rules: { ...typed, "project/import-order": "error" },
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 500 }],
      "max-lines-per-function": ["error", { max: 60, skipComments: true, skipBlankLines: true }],
    },
  },
  {
    files: [(path) => isPure(relative(root, path))],
    rules: {
      "project/pure-imports": "error",
      "no-restricted-globals": [
        "error",
        ...IMPURE_GLOBALS.map((name) => ({ name, message: "this file is pure" })),
      ],
      "no-restricted-syntax": [
        "error",
        ...CLOCK_READS.map((selector) => ({ selector, message: "this file is pure" })),
      ],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "this file is pure" },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // node:test returns promises for tests that nobody needs to await.
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: ["test", "it", "describe", "suite"].map((name) => ({
            from: "package",
            name,
            package: "node:test",
          })),
        },
      ],
    },
  },
);
