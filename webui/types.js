// Writes src/lib/api/schema.d.ts, the types of the API, from the document that the server makes of its handlers.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import openapi, { astToString } from "openapi-typescript";

const python = process.env["PYTHON"] ?? "python3";
const document = execFileSync(python, ["-m", "signaling.cli", "openapi"], { cwd: "..", maxBuffer: 32 * 1024 * 1024 });
// A member with a default may be left out of a request, and is left out of a change that does not touch it.
const types = await openapi(JSON.parse(document.toString()), { defaultNonNullable: false });
writeFileSync("src/lib/api/schema.d.ts", astToString(types));
