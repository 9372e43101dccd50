// Two lint rules of the project: imports between the rooms of src/ go down only, and pure files stay pure.
// The tables here are the only place that knows the order and which files are pure.
import { isBuiltin } from "node:module";
import { posix } from "node:path";

/** From the top down. The rooms of one line are beside each other and do not see each other. */
const ROOMS = [
  ["cli"],
  ["core"],
  ["vrrp", "check", "bfd"],
  ["track"],
  ["notify"],
  ["config"],
  ["net"],
  ["netlink"],
  ["platform"],
  ["native"],
];

/** Files without socket, file, clock, environment, randomness or log. */
const PURE = [
  /^src\/(vrrp|bfd|track|config|netlink)\//,
  /^src\/check\/[^/]+\.ts$/,
  /^src\/check\/ipvs\/(model|kernel-form|entries|steps|answers|adoption)\.ts$/,
  /^src\/platform\/(deadlines|messages|punctuality)\.ts$/,
  /^src\/net\/(arp|neighbour-advert|plan|announce-queue|announce-limits|filter|bpf|constants|kernel-object|ip-address|checksum)\.ts$/,
  /^src\/net\/(socket-address|settings|nft-script|nft-table|route-object|route-text|rule-object|rule-text|journal-text|own-link|mac-address)\.ts$/,
];

/**
 * Functions of Node's own modules that pure files may use: they answer the same for the same bytes, and nothing in
 * the language does their work. Anything else of those modules (keys, random bytes) stays outside.
 */
const PURE_FUNCTIONS = [
  { files: /^src\/vrrp\/auth\//, module: "node:crypto", names: ["createHmac", "timingSafeEqual"] },
  { files: /^src\/config\/text\.ts$/, module: "node:buffer", names: ["isAscii"] },
];

/** Files in those folders that may touch the world: entries, runtimes and what carries effects out. */
const EDGES = [/^src\/.+\/(process|runtime[^/]*)\.ts$/, /^src\/.+\/runtime\//, /^src\/.+\/effects\//];

/** Whether a file, named from the top of the repository, is one of the pure ones. */
export const isPure = (path) => PURE.some((p) => p.test(path)) && !EDGES.some((p) => p.test(path));

/** Whether an import takes nothing but such functions, by name. */
const takesPureFunctions = (path, { specifiers = [] }, specifier) =>
  specifiers.length > 0 &&
  PURE_FUNCTIONS.some(
    ({ files, module, names }) =>
      files.test(path) &&
      module === specifier &&
      specifiers.every(({ imported }) => names.includes(imported?.name)),
  );

const rankOf = (room) => ROOMS.findIndex((line) => line.includes(room));

/** @returns the room of a file of src/, undefined for anything else. */
const roomOf = (path) => /^src\/([^/]+)\//.exec(path)?.[1];

/** Calls `visit(node, specifier, typeOnly)` for each import, export from and import() of a file. */
function onImports(visit) {
  const named = (node) => {
    if (node.source?.type !== "Literal" || typeof node.source.value !== "string") return;
    const specifiers = node.specifiers ?? [];
    const kindOf = (specifier) => specifier.importKind ?? specifier.exportKind;
    const typeOnly =
      node.importKind === "type" ||
      node.exportKind === "type" ||
      (specifiers.length > 0 && specifiers.every((specifier) => kindOf(specifier) === "type"));
    visit(node, node.source.value, typeOnly);
  };
  return {
    ImportDeclaration: named,
    ExportNamedDeclaration: named,
    ExportAllDeclaration: named,
    ImportExpression: named,
  };
}

/** The file in the repository, with slashes, and where a relative import of it leads. */
function locate(context) {
  const path = posix.relative(context.cwd, context.filename);
  const resolve = (specifier) =>
    specifier.startsWith(".")
      ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts")
      : undefined;
  return { path, resolve };
}

const importOrder = {
  meta: {
    type: "problem",
    schema: [],
    messages: { upwards: "{{from}}/ may not import {{to}}/: imports go down the list of rooms only" },
  },
  create(context) {
    const { path, resolve } = locate(context);
    const from = roomOf(path);
    if (from === undefined) return {};
    return onImports((node, specifier) => {
      const to = roomOf(resolve(specifier) ?? "");
      if (to === undefined || to === from) return;
      if (rankOf(from) === -1 || rankOf(to) <= rankOf(from))
        context.report({ node, messageId: "upwards", data: { from, to } });
    });
  },
};

const pureImports = {
  meta: {
    type: "problem",
    schema: [],
    messages: { impure: "this file is pure and may not import {{specifier}}, only its types" },
  },
  create(context) {
    const { path, resolve } = locate(context);
    if (!isPure(path)) return {};
    return onImports((node, specifier, typeOnly) => {
      const target = resolve(specifier);
      const allowed = target === undefined ? !isBuiltin(specifier) : isPure(target);
      if (!allowed && !typeOnly && !takesPureFunctions(path, node, specifier))
        context.report({ node, messageId: "impure", data: { specifier } });
    });
  },
};

/** The two rules as an ESLint plugin. */
export default { rules: { "import-order": importOrder, "pure-imports": pureImports } };
