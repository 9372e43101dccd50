/** Keywords of `SSL`, with what SSL_GET proves who it is. */
import { type Row, setting, table } from "../schema.js";
import { text } from "../values/name.js";

export const ssl = table("SSL", {
  password: replacing("STRING", "Passphrase of the private key."),
  ca: replacing("PATH", "Certificate of the authority that servers are checked against."),
  certificate: replacing("PATH", "Own certificate."),
  key: replacing("PATH", "Private key."),
});

/** Given again it replaces the first one, which is reported. */
function replacing(syntax: string, doc: string): Row<string | undefined> {
  const row = setting(text(syntax), doc, { lenient: true });
  const read: typeof row.read = (site, previous) => {
    const value = row.read(site, previous);
    if (value !== undefined && previous !== undefined) {
      const notes = [{ message: "it was set here first", at: previous.head }];
      const message = `'${site.head.text}' is already set; this line replaces it`;
      site.tree.diagnostics.report("general", site.head, message, { notes, severity: "warning" });
    }
    return value;
  };
  return { ...row, read };
}
