/** A relay as a program, for a host of the lab: manners as JSON in the first argument, then one line per mail. */
import { Relay, type RelayManners } from "./smtp-relay.js";

const manners = JSON.parse(process.argv[2] ?? "{}") as RelayManners;
const relay = await Relay.open(manners, 2525);
console.log("listening");
let told = 0;
setInterval(() => {
  for (; told < relay.mails.length; told++) {
    const mail = relay.mails[told];
    const body = mail?.text.split("\n\n")[1]?.trim();
    console.log(`mail ${relay.subjects()[told]} / ${body} / ${mail?.user ?? "nobody"} / ${mail?.encrypted}`);
  }
}, 10);
