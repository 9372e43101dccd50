import { getSystemErrorName } from "node:util";
function errnoName(errno) {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}
function systemErrorOf(error, subject) {
  const native = error;
  if (error instanceof Error && typeof native.syscall === "string" && typeof native.code === "string") {
    return { call: native.syscall, code: native.code, subject };
  }
  throw error;
}
function formatSystemError(error) {
  return `${error.subject}: ${error.call}: ${error.code}${error.detail === void 0 ? "" : ` (${error.detail})`}`;
}
export {
  errnoName,
  formatSystemError,
  systemErrorOf
};
//# sourceMappingURL=system-error.js.map
