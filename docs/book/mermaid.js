// Draws the diagrams of the book. GitHub does this by itself. Without a network, the text of the diagram stays.
const diagrams = [...document.querySelectorAll("code.language-mermaid")].map((code) => code.parentElement);
if (diagrams.length > 0) {
  import("https://cdn.jsdelivr.net/npm/mermaid@11.12.0/dist/mermaid.esm.min.mjs").then(async ({ default: mermaid }) => {
    for (const pre of diagrams) {
      pre.className = "mermaid";
      pre.textContent = pre.querySelector("code").textContent;
    }
    const dark = /\b(navy|coal|ayu)\b/.test(document.documentElement.className);
    mermaid.initialize({ startOnLoad: false, theme: dark ? "dark" : "default" });
    await mermaid.run({ nodes: diagrams });
  });
}
