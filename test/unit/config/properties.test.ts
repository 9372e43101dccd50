/** Random bytes, random words of the language and changed configurations of the differential corpus. */
import { test } from "node:test";
import { checkProperties } from "./property-cases.js";

test("5,000 arbitrary configurations: an answer in time, places inside the files, nothing thrown", () => {
  checkProperties(5_000);
});
