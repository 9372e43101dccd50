/** A test in a lab of its own. Skips, and says why, where it cannot run. */
import { type TestContext, test } from "node:test";
import { Lab } from "./lab.js";
import { type Product, missing } from "./products.js";

/** Why lab tests cannot run in this process; undefined when they can. */
function obstacle(products: readonly Product[]): string | undefined {
  if (process.getuid?.() !== 0) return "needs root for network namespaces";
  return products.map((product) => missing(product)).find((reason) => reason !== undefined);
}

/** Declares a test that needs `products`; the lab is removed afterwards, whatever happens. */
export function labTest(
  name: string,
  products: readonly Product[],
  body: (lab: Lab, t: TestContext) => Promise<void>,
  timeoutMs = 120_000,
): void {
  const skip = obstacle(products) ?? false;
  test(name, { skip, timeout: timeoutMs }, async (t) => {
    const lab = await Lab.open();
    try {
      await body(lab, t);
    } catch (error) {
      process.stderr.write(`what was seen in the lab of '${name}':\n${lab.report(40)}\n`);
      throw error;
    } finally {
      await lab.close();
    }
  });
}
