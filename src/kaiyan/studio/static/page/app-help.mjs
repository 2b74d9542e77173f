import{a as n}from"./lit-html-directives-ref-shared.mjs";import{a as t}from"./tabs-shared.mjs";import"./convolution-picture-sources-shared.mjs";var p=o=>o&&queueMicrotask(()=>o.focus());function $({store:o,host:r,t:e},i){let s=[["1 2 3 \u2026","open a tab"],["L","English or Chinese"],["?","show or hide this help"]];return t`
    <section class="help" role=${r.kind==="notebook"?"group":"region"} aria-label=${e("Keys")}>
      <h2>${e("Keys")}</h2>
      <dl>${[...i,...s].map(([l,h])=>t`<dt><kbd>${l}</kbd></dt><dd>${e(h)}</dd>`)}</dl>
      <button ${n(p)} @click=${()=>o.change(null,{help:!1})}>${e("Close")}</button>
    </section>
  `}export{$ as help};
