/** As properties.test.ts, many more. */
import { test } from "node:test";
import { checkProperties } from "./property-cases.js";

test("200,000 arbitrary configurations: an answer in time, places inside the files, nothing thrown", () => {
  checkProperties(200_000);
});
