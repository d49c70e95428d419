/// <reference types="vitest/config" />
import { svelte } from "@sveltejs/vite-plugin-svelte";
import icons from "unplugin-icons/vite";
import { defineConfig, type Plugin } from "vite";

// `vite build` makes the agent panel, `vite build --mode call` the customer's page. They are built apart so that the
// call page shares no chunk with the panel: its code and style go into its one HTML file and nothing else is fetched.
export default defineConfig(({ mode }) => {
  const call = mode === "call";
  return {
    plugins: [svelte(), icons({ compiler: "svelte" }), ...(call ? [inlined()] : [])],
    build: {
      outDir: "dist",
      emptyOutDir: !call,
      manifest: !call,
      modulePreload: { polyfill: false },
      target: "es2022",
      // The panel's browsers know `light-dark()`; an old phone on the call page gets it rewritten.
      ...(call ? {} : { cssTarget: ["chrome123", "firefox120", "safari17.5"] }),
      rolldownOptions: {
        input: call ? "call.html" : "agent.html",
        ...(call ? { output: { codeSplitting: false } } : {}),
      },
    },
    server: {
      proxy: { "/api": { target: process.env["PARLEY_URL"] ?? "http://localhost:8080", ws: true } },
    },
    ...(process.env["VITEST"] ? { resolve: { conditions: ["browser"] } } : {}),
    test: {
      environment: "jsdom",
      include: ["src/**/*.test.ts"],
      setupFiles: ["@testing-library/svelte/vitest"],
    },
  };
});

/** Puts a page's only script and style sheet into its HTML. The server hashes both for the Content-Security-Policy. */
function inlined(): Plugin {
  return {
    name: "inlined",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = bundle["call.html"];
      if (page?.type !== "asset") throw new Error("The build made no call.html");
      let html = String(page.source);
      for (const file of Object.values(bundle)) {
        if (file.type === "chunk") {
          // A function as replacement, since `$&` in the code must stay as it is; `</script` would end the element.
          const code = file.code.trim().replaceAll("</script", "<\\/script");
          html = html.replace(/<script type="module"[^>]*><\/script>/, "");
          html = html.replace("</body>", () => `<script type="module">${code}</script></body>`);
        } else if (file.fileName.endsWith(".css")) {
          html = html.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${String(file.source).trim()}</style>`);
        } else continue;
        delete bundle[file.fileName];
      }
      page.source = html;
    },
  };
}
