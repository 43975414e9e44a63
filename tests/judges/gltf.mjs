// Checks the 3D objects of the emulator with the Khronos Group's validator of glTF files.
// Usage: node gltf.mjs NODE_MODULES EMULATOR

import { createRequire } from "node:module";

const [modules, url] = process.argv.slice(2);
const validator = createRequire(`${modules}/`)("gltf-validator");
const key = { headers: { Authorization: "Bearer sk_test" } };
const image = encodeURIComponent("https://example.com/chair.png");

for (const query of [
  "model=hyper3d%2Frodin-2.5",
  `image=${image}`,
  `image=${image}&resolution=medium`,
  `image=${image}&resolution=high&seed=7`,
]) {
  const response = await fetch(`${url}/3d/a%20chair?${query}`, key);
  const type = response.headers.get("content-type");
  if (!response.ok || type !== "model/gltf-binary") throw new Error(`${query}: ${response.status} ${type}`);
  const report = await validator.validateBytes(new Uint8Array(await response.arrayBuffer()));
  const { numErrors, numWarnings, messages } = report.issues;
  if (numErrors + numWarnings > 0) throw new Error(`${query}: ${JSON.stringify(messages, null, 2)}`);
  if (report.info.totalTriangleCount < 12) throw new Error(`${query}: ${JSON.stringify(report.info)}`);
}
console.log("the glTF validator: four objects without an error or a warning");
